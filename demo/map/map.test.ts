import { describe, expect, it } from "vitest";
import { sizeOf } from "../device/register-picture.ts";
import { Plant } from "../model/plant.ts";
import { modbusDevices } from "./modbus-devices.ts";
import { mqttDevices } from "./mqtt-devices.ts";
import { exposedDevices } from "./exposed-devices.ts";

const modbusPoints = modbusDevices.flatMap((device) => device.points.map((point) => ({ device, point })));
const mqttFields = mqttDevices.flatMap((device) => [...device.telemetry, ...device.commands]);

describe("the map of the plant", () => {
  it("names every point once", () => {
    const names = [
      ...modbusPoints.map(({ point }) => point.point),
      ...mqttFields.map((field) => field.point),
      ...mqttDevices.map((device) => device.sequence.point),
    ];
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/);
  });

  it("shows only what the plant has, and takes only what the plant takes", () => {
    const { quantities } = new Plant(1);
    for (const { point } of modbusPoints) {
      if (point.from === undefined) expect(quantities.has(point.point), point.point).toBe(true);
      if (point.writable === true) expect(quantities.get(point.point)?.write, point.point).toBeDefined();
    }
    for (const field of mqttFields) expect(quantities.has(field.point), field.point).toBe(true);
    for (const field of mqttDevices.flatMap((device) => device.commands))
      expect(quantities.get(field.point)?.write, field.point).toBeDefined();
    for (const point of exposedDevices.flatMap((device) => device.points)) expect(quantities.has(point), point).toBe(true);
  });

  it("lays no two values over each other and none into a hole", () => {
    for (const device of modbusDevices) {
      const taken = new Map<string, string>();
      for (const point of device.points) {
        for (let address = point.address; address < point.address + sizeOf(point); address++) {
          const place = `${point.table} ${address}${point.type === "bit" ? `.${point.bit ?? 0}` : ""}`;
          expect(taken.get(place), `${device.device} ${place}: ${point.point}`).toBeUndefined();
          taken.set(place, point.point);
          const hole = device.holes?.find(
            (candidate) => candidate.table === point.table && address >= candidate.from && address <= candidate.to,
          );
          expect(hole, point.point).toBeUndefined();
        }
      }
    }
  });

  it("shows evidence that exists for what can be told", () => {
    const shown = new Set([...modbusPoints.map(({ point }) => point.point), ...mqttFields.map((field) => field.point)]);
    for (const { point } of modbusPoints) if (point.evidence !== undefined) expect(shown.has(point.evidence), point.point).toBe(true);
    for (const field of mqttDevices.flatMap((device) => device.commands))
      if (field.evidence !== undefined) expect(shown.has(field.evidence)).toBe(true);
  });

  it("has every data type, every word order and every table somewhere", () => {
    const types = new Set(modbusPoints.map(({ point }) => point.type));
    expect([...types].sort()).toEqual(["bcd16", "bcd32", "bit", "f32", "f64", "s16", "s32", "s64", "string", "u16", "u32", "u64"]);
    const orders = new Set(modbusPoints.map(({ point }) => point.order ?? "abcd"));
    expect([...orders].sort()).toEqual(["abcd", "badc", "cdab", "dcba"]);
    const tables = new Set(modbusPoints.map(({ point }) => point.table));
    expect([...tables].sort()).toEqual(["coil", "discrete", "holding", "input"]);
  });

  it("has one meter with the three quantities of flow_metrics_1h in its units", () => {
    const units = modbusPoints
      .filter(({ point }) => /^pipe\/(flow|pressure|temperature)$/.test(point.point))
      .map(({ point }) => `${point.point} ${point.unit ?? ""}`);
    expect(units).toEqual(["pipe/flow L/min", "pipe/pressure Pa", "pipe/temperature Cel"]);
  });

  it("counts what each unit hands over in its first two input registers", () => {
    for (const { points } of modbusDevices)
      expect(points[0]).toMatchObject({ table: "input", address: 0, type: "u32", from: { counter: true } });
  });
});
