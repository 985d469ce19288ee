import { expect, it } from "vitest";
import { quality } from "#msgs/quality.ts";
import type { LatestValue, LinkStatus, Plant } from "#src/contract/gateway.ts";
import { groupedByDevice, placedByKey } from "#src/timeline/plant.ts";
import { sightOf } from "./auth/rights.ts";
import { devicesJson } from "./json.ts";

const devicesInAll = 2_000;
const pointsEach = 5;
const counters = {
  points: 0,
  pointsPerSecond: 0,
  requests: 0,
  requestsPerSecond: 0,
  errors: {},
  connects: 1,
  shed: 0,
  roundTrip: { upperMs: [1], counts: [0, 0], sumMs: 0 },
};

it("two thousand devices are told with every link and every point looked at once", () => {
  const counted = { status: 0, points: 0 };
  const { plant, services } = largePlant(counted);
  const all = devicesJson(services, plant.devices.keys());
  expect(all).toHaveLength(devicesInAll);
  expect(all[7]).toMatchObject({ id: "d7", state: "up", points: pointsEach, quality: quality.badLink, link: { state: "up" } });
  expect(all[8]).toMatchObject({ id: "d8", points: pointsEach, quality: quality.good });
  expect(counted).toEqual({ status: 1, points: devicesInAll * pointsEach });
});

it("whoever may see one area sees the devices that lie in it or have a point in it, in their order", () => {
  const { plant } = largePlant({ status: 0, points: 0 });
  const sight = sightOf({ name: "a", kind: "person", role: "viewer", areas: ["odd"] }, plant, () => [{ id: "odd" }, { id: "even" }]);
  const seen = [...sight.devices()];
  expect(seen).toEqual([...plant.devices.keys()].filter((id) => sight.device(id)));
  expect(seen).toHaveLength(devicesInAll / 2);
});

function largePlant(counted: { status: number; points: number }) {
  const devices = Array.from({ length: devicesInAll }, (_, n) => ({ id: `d${n}`, adapter: `a${n % 10}`, protocol: "modbus" }));
  const points = devices.flatMap(({ id, adapter }, n) =>
    Array.from({ length: pointsEach }, (_, m) => ({
      id: `${id}/p${m}`,
      key: n * pointsEach + m + 1,
      device: id,
      area: n % 2 === 1 ? "odd" : "even",
      kind: "number" as const,
      binding: { adapter, address: "holding:1" },
    })),
  );
  const byDevice = groupedByDevice(points);
  const plant: Plant = {
    revision: "1",
    points: new Map(points.map((point) => [point.id, point])),
    byKey: placedByKey(points),
    pointsOf: (device) => byDevice.get(device) ?? [],
    devices: new Map(devices.map((device) => [device.id, device])),
    valves: new Map(),
  };
  const valueOf = (point: string): LatestValue => {
    counted.points++;
    return { point, value: 1, quality: point === "d7/p3" ? quality.badLink : quality.good, sourceTime: 1, at: 1 };
  };
  const statuses: LinkStatus[] = [
    ...Array.from({ length: 10 }, (_, n) => ({ adapter: `a${n}`, protocol: "modbus", state: "up" as const, since: 1, counters })),
    ...devices.map(({ id, adapter, protocol }) => ({ adapter, protocol, device: id, state: "up" as const, since: 1, counters })),
  ];
  const links = {
    attempted: () => true,
    status: () => {
      counted.status++;
      return statuses;
    },
  };
  return { plant, services: { plant, links, latest: { get: valueOf, all: () => [] } } };
}
