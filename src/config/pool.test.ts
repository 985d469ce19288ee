import { expect, it } from "vitest";
import { siteOf } from "./fake-module.ts";
import { Pool } from "./pool.ts";

const text = `
site: { name: x }
templates:
  devices:
    pump:
      points:
        - { id: flow, address: "hr:1", unit: L/min, scale: { gain: 0.1, offset: 0 }, range: { min: 0, max: 10 }, tags: { of: pump } }
        - { id: level, address: "hr:2", scale: { gain: 2, offset: 0 } }
adapters:
  - { id: a, protocol: modbus, host: 127.0.0.1, devices: [{ template: pump, each: { n: 1..2 }, id: "d{n}" }] }
`;

it("what two points of one template have in common is in memory once", () => {
  const [one, level, other] = siteOf(text).points;
  expect(other?.id).toBe("d2/flow");
  expect(other?.binding.scale).toEqual({ gain: 0.1, offset: 0 });
  expect(other?.binding.scale).toBe(one?.binding.scale);
  expect(other?.range).toBe(one?.range);
  expect(other?.tags).toBe(one?.tags);
  expect(level?.binding.scale).toEqual({ gain: 2, offset: 0 });
});

it("a description that came over from another thread shares its parts with those before it, and says the same", () => {
  const pool = new Pool();
  const [one, level, other] = siteOf(text).points.map((point) => structuredClone(point));
  const before = structuredClone([one, level, other]);
  for (const point of [one!, level!, other!]) pool.share(point, ["binding"]);
  expect([one, level, other]).toEqual(before);
  expect(other?.binding).not.toBe(one?.binding);
  expect(other?.binding.scale).toBe(one?.binding.scale);
  expect(other?.range).toBe(one?.range);
  expect(level?.binding.scale).not.toBe(one?.binding.scale);
});
