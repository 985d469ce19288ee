import { describe, expect, it } from "vitest";
import { siteOf } from "#src/config/fake-module.ts";
import { stringify } from "yaml";
import type { Found } from "#src/contract/adapter.ts";
import { siteEntry } from "./found.ts";

function unit(id: string, options: Record<string, unknown>, points: readonly (readonly [id: string, address: string])[]): Found[] {
  return points.map(([point, address]) => ({
    device: { id, title: `Box {${id}}`, options },
    point: { id: point, address, kind: "number", writable: false, title: address === "hr:1" ? "Room {air}" : `${id} something` },
  }));
}

describe("equal units", () => {
  const found = [
    ...unit("odd", { unitId: 9 }, [["odd-flow", "hr:1"]]),
    ...unit("vav-1", { unitId: 1 }, [
      ["vav-1-temperature", "hr:1"],
      ["vav-1-damper", "hr:2"],
    ]),
    ...unit("vav-2", { unitId: 2 }, [
      ["room-12-damper", "hr:2"],
      ["room-12-temperature", "hr:1"],
    ]),
  ];

  it("are one entry, whatever their names, order and titles; one that differs stands alone", () => {
    const { devices } = siteEntry("bas", "modbus", { host: "h" }, found);
    expect(devices.map(({ id }) => id)).toEqual(["odd", "{id}"]);
    expect(devices[1]).toMatchObject({
      each: [
        { id: "vav-1", title: "Box {vav-1}", unitId: 1 },
        { id: "vav-2", title: "Box {vav-2}", unitId: 2 },
      ],
      unitId: "{unitId}",
    });
  });

  it("are all there again when the site file is read", () => {
    const entry = siteEntry("bas", "modbus", { host: "h" }, found);
    const site = siteOf(stringify({ site: { name: "x" }, adapters: [entry] }));
    expect(site.points.map(({ id }) => id)).toEqual(["odd/flow", "vav-1/temperature", "vav-1/damper", "vav-2/temperature", "vav-2/damper"]);
    expect(site.devices.map(({ title }) => title)).toEqual(["Box {odd}", "Box {vav-1}", "Box {vav-2}"]);
    expect(site.points.map(({ title }) => title)).toEqual(["Room {air}", "Room {air}", undefined, "Room {air}", undefined]);
    expect(site.adapters[0]?.config.devices.map(({ options }) => options)).toEqual([{ unitId: 9 }, { unitId: 1 }, { unitId: 2 }]);
  });

  it("keep numbered names that are no more than numbers", () => {
    const entry = siteEntry("bas", "modbus", {}, unit("rack", { unitId: 1 }, [["temp-1-2", "hr:1"], ["temp-1-3", "hr:2"]])); // prettier-ignore
    expect(entry.devices[0]!.points.map(({ id }) => id)).toEqual(["temp-1-2", "temp-1-3"]);
  });
});
