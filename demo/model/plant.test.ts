import { describe, expect, it } from "vitest";
import { lpm } from "./pipeline.ts";
import { Plant } from "./plant.ts";

const watched = [
  "pipe/flow",
  "pipe/pressure",
  "pipe/temperature",
  "outlet/flow",
  "t-1/level",
  "t-2/level",
  "zone-1/temperature",
  "env-01/wind-speed",
];

function trajectory(plant: Plant, pieces: readonly number[]): string[] {
  return pieces.map((piece) => {
    plant.advance(piece);
    return watched.map((point) => plant.shown(point)).join(" ");
  });
}

function after(plant: Plant, milliseconds: number, point: string): number {
  plant.advance(milliseconds);
  return Number(plant.shown(point));
}

describe("the plant", () => {
  it("takes the same way again for the same seed", () => {
    const pieces = Array.from({ length: 40 }, () => 500);
    expect(trajectory(new Plant(7), pieces)).toEqual(trajectory(new Plant(7), pieces));
  });

  it("takes another way for another seed", () => {
    expect(trajectory(new Plant(7), [1000])).not.toEqual(trajectory(new Plant(8), [1000]));
  });

  it("does not care in which pieces time is handed in", () => {
    const small = trajectory(
      new Plant(7),
      Array.from({ length: 1000 }, () => 10),
    );
    const large = trajectory(new Plant(7), [10_000]);
    expect(small.at(-1)).toBe(large.at(-1));
  });

  it("starts steady, with the flow at its set-point and both valves open", () => {
    const plant = new Plant(7);
    expect(plant.seconds).toBe(0);
    expect(Math.abs(Number(plant.shown("pipe/flow")) - 600)).toBeLessThan(15);
    expect(plant.shown("v-101/state")).toBe(2);
    expect(plant.shown("v-102/state")).toBe(2);
  });

  it("loses no water: what came in is in the tanks or went out through something that counts it", () => {
    const plant = new Plant(3);
    const { pipeline } = plant;
    const before = pipeline.t1.volume + pipeline.t2.volume - net(plant);
    const act = (point: string, value: number | boolean): void => plant.quantities.get(point)?.write?.(value);
    plant.advance(60_000);
    act("leak/opening", 1);
    act("p-2/run", true);
    plant.advance(120_000);
    act("v-102/command", 0);
    act("t-1/drain", 1);
    plant.advance(400_000);
    act("t-1/drain", 0);
    act("leak/opening", 0);
    act("v-102/command", 100);
    act("lc-101/setpoint", 4);
    plant.advance(1_200_000);
    expect(pipeline.totals.leaked).toBeGreaterThan(0.1);
    expect(pipeline.totals.drained).toBeGreaterThan(5);
    expect(pipeline.t1.volume + pipeline.t2.volume - net(plant)).toBeCloseTo(before, 9);
  });

  it("moves v-101 through its stroke in six seconds and v-102 in eight", () => {
    for (const [valve, seconds] of [
      ["v-101", 6],
      ["v-102", 8],
    ] as const) {
      const plant = new Plant(7);
      plant.quantities.get(`${valve}/command`)?.write?.(0);
      expect(after(plant, seconds * 500, `${valve}/position`)).toBeCloseTo(50, 5);
      expect(plant.shown(`${valve}/moving`)).toBe(true);
      expect(after(plant, seconds * 500 + 100, `${valve}/position`)).toBe(0);
      expect(plant.shown(`${valve}/closed`)).toBe(true);
    }
  });

  it("stops flowing behind a shut valve, survives it, and flows again", () => {
    const plant = new Plant(7);
    plant.quantities.get("v-101/command")?.write?.(0);
    expect(after(plant, 15_000, "pipe/flow")).toBe(0);
    expect(Number(plant.shown("p-1/discharge-pressure"))).toBeGreaterThan(500);
    plant.advance(1_800_000);
    expect(plant.shown("p-1/tripped")).toBe(false);
    plant.quantities.get("v-101/command")?.write?.(100);
    expect(Math.abs(after(plant, 60_000, "pipe/flow") - 600)).toBeLessThan(15);
  });

  it("shows a leak as lower pressure behind it and as two meters that disagree", () => {
    const plant = new Plant(7);
    const pressure = Number(plant.shown("outlet/pressure"));
    plant.quantities.get("leak/opening")?.write?.(0.5);
    plant.advance(60_000);
    expect(Number(plant.shown("outlet/pressure"))).toBeLessThan(pressure - 2);
    const leak = plant.pipeline.leak * lpm;
    expect(leak).toBeGreaterThan(25);
    expect(Math.abs(Number(plant.shown("section-2/imbalance")) - leak)).toBeLessThan(8);
    expect(plant.shown("section-2/leak-suspected")).toBe(true);
    expect(Number(plant.shown("ear-02/noise"))).toBeGreaterThan(Number(plant.shown("ear-01/noise")) + 5);
  });

  it("holds the flow only while its controller is on", () => {
    const plant = new Plant(7);
    plant.quantities.get("fc-101/setpoint")?.write?.(400);
    expect(Math.abs(after(plant, 60_000, "pipe/flow") - 400)).toBeLessThan(15);
    plant.quantities.get("fc-101/auto")?.write?.(false);
    plant.quantities.get("fc-101/setpoint")?.write?.(700);
    expect(Math.abs(after(plant, 60_000, "pipe/flow") - 400)).toBeLessThan(25);
    plant.quantities.get("p-1/speed-setpoint")?.write?.(95);
    expect(after(plant, 60_000, "pipe/flow")).toBeGreaterThan(600);
  });

  it("returns to the very same noise once a frozen sensor is repaired", () => {
    const [frozen, sound] = [new Plant(7), new Plant(7)];
    frozen.instruments.get("env-01/humidity")?.setFault({ kind: "freeze" });
    const stood = Number(frozen.shown("env-01/humidity"));
    expect(after(frozen, 5000, "env-01/humidity")).toBe(stood);
    frozen.instruments.get("env-01/humidity")?.setFault(null);
    expect(after(frozen, 5000, "env-01/humidity")).toBe(after(sound, 10_000, "env-01/humidity"));
  });
});

function net(plant: Plant): number {
  const { supplied, consumed, leaked, drained, overflowed } = plant.pipeline.totals;
  return supplied - consumed - leaked - drained - overflowed;
}
