import { describe, expect, it } from "vitest";
import { type Robot, siteRobots } from "./robot.ts";

function robot(name: string): Robot {
  const found = siteRobots().find((candidate) => candidate.shape.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function drive(robot: Robot, seconds: number): void {
  for (let tick = 0; tick < seconds * 10; tick++) robot.step(0.1);
}

describe("a robot", () => {
  it("drives its round at its own speed", () => {
    const roustabout = robot("roustabout-01");
    drive(roustabout, 10);
    expect(Math.hypot(roustabout.place.east, roustabout.place.north)).toBeCloseTo(12, 3);
    expect(roustabout.speed).toBeCloseTo(1.2, 6);
  });

  it("holds where it is and goes on when told to resume", () => {
    const roustabout = robot("roustabout-01");
    drive(roustabout, 5);
    expect(roustabout.obey({ command: "hold" })).toBeNull();
    const { latitude, longitude } = roustabout;
    drive(roustabout, 20);
    expect([roustabout.latitude, roustabout.longitude, roustabout.speed]).toEqual([latitude, longitude, 0]);
    expect(roustabout.obey({ command: "resume" })).toBeNull();
    drive(roustabout, 5);
    expect(roustabout.speed).toBeGreaterThan(0);
  });

  it("goes where it is told and holds there", () => {
    const rigsight = robot("rigsight-01");
    expect(rigsight.obey({ command: "goto", args: { latitude: 57.5005, longitude: 2.2505, altitude: 50 } })).toBeNull();
    drive(rigsight, 60);
    expect(rigsight.latitude).toBeCloseTo(57.5005, 7);
    expect(rigsight.longitude).toBeCloseTo(2.2505, 7);
    expect(rigsight.altitude).toBeCloseTo(50, 6);
    expect(rigsight.mode).toBe(1);
  });

  it("says why it does not obey", () => {
    const rigsight = robot("rigsight-01");
    expect(rigsight.obey({ command: "dance" })).toContain("dance");
    expect(rigsight.obey({ command: "goto" })).toContain("latitude");
    expect(rigsight.obey({ command: "goto", args: { latitude: 0, longitude: 0 } })).toContain("2000 m");
    expect(rigsight.obey({ command: "goto", args: { latitude: Number.NaN, longitude: 2 } })).toContain("2000 m");
  });

  it("drives home by itself before the battery is empty, and charges", () => {
    const rigsight = robot("rigsight-01");
    rigsight.battery = 21;
    drive(rigsight, 400);
    expect(rigsight.mode).toBe(4);
    const charge = rigsight.battery;
    expect(charge).toBeGreaterThan(5);
    drive(rigsight, 60);
    expect(rigsight.battery).toBeGreaterThan(charge);
  });
});
