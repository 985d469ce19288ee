import { describe, expect, it } from "vitest";
import { AirHandler } from "./air-handler.ts";

function run(unit: AirHandler, minutes: number, outside = 14, hour = 12): void {
  for (let second = 0; second < minutes * 60; second++) unit.step(1, outside, hour);
}

describe("the air-handling unit", () => {
  it("brings supply air and duct pressure to their set-points", () => {
    const unit = new AirHandler();
    run(unit, 60);
    expect(Math.abs(unit.supplyCelsius - 15)).toBeLessThan(0.5);
    expect(Math.abs(unit.ductPressure - 250)).toBeLessThan(10);
  });

  it("keeps every zone near its set-point with people in it", () => {
    const unit = new AirHandler();
    run(unit, 180);
    for (const zone of unit.zones) expect(Math.abs(zone.celsius - zone.setpoint)).toBeLessThan(1.5);
  });

  it("opens the damper of a zone whose set-point is lowered", () => {
    const unit = new AirHandler();
    run(unit, 120);
    const [zone] = unit.zones;
    const before = zone?.damper ?? 0;
    if (zone !== undefined) zone.setpoint = 20;
    run(unit, 10);
    expect(zone?.damper).toBeGreaterThan(before + 10);
    run(unit, 60);
    expect(zone?.celsius).toBeLessThan(20.8);
  });

  it("lets the rooms drift once the fan is off", () => {
    const unit = new AirHandler();
    run(unit, 60);
    unit.run = false;
    run(unit, 5);
    expect(unit.fanSpeed).toBeLessThan(1);
    expect(unit.airflow).toBeLessThan(0.02);
    run(unit, 60);
    const [zone] = unit.zones;
    expect(zone?.celsius).toBeGreaterThan(22);
    expect(zone?.co2Ppm).toBeGreaterThan(1000);
  });
});
