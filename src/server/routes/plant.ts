import { Type } from "#msgs/schema/type.ts";
import { DeviceJson, OverrideJson, PointJson, Refused } from "#msgs/wire/http.ts";
import { formatTime } from "#msgs/time.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { devicesJson, overrideJson, pointJson, withHealth } from "../json.ts";
import { notBuiltYet, unknownId } from "../refusal.ts";
import type { Gear } from "./gear.ts";

/** The plant as it is now: devices, points, overrides, alarms. Each caller sees the areas that are theirs. */
export function plantRoutes(app: App, { services }: Gear): void {
  const { plant } = services;
  const sight = (request: Parameters<typeof principalOf>[0]) => sightOf(principalOf(request), plant, services.areas);

  app.get("/devices", { config: { right: "read" }, schema: { tags: ["plant"], response: { 200: Type.Array(DeviceJson) } } }, (request) => {
    const may = sight(request);
    return devicesJson(services, may.devices());
  });

  app.get(
    "/devices/*",
    { config: { right: "read" }, schema: { tags: ["plant"], response: { 200: DeviceJson, 404: Refused } } },
    (request) => {
      const id = (request.params as { "*": string })["*"];
      const [device] = devicesJson(services, sight(request).device(id) ? [id] : []);
      if (!device) throw unknownId("device", id);
      return principalOf(request).areas === undefined ? withHealth(device, services.links) : device;
    },
  );

  app.get("/points", { config: { right: "read" }, schema: { tags: ["plant"], response: { 200: Type.Array(PointJson) } } }, (request) => {
    const may = sight(request);
    return [...plant.points.values()].filter(({ id }) => may.point(id)).map((point) => pointJson(services, point));
  });

  app.get(
    "/points/*",
    {
      config: { right: "read" },
      schema: {
        tags: ["plant"],
        summary: "One point",
        description: "The id stands in the path as it is, slashes and all, or percent-encoded.",
        response: { 200: PointJson, 404: Refused },
      },
    },
    (request) => {
      const id = (request.params as { "*": string })["*"];
      const point = plant.points.get(id);
      if (!point || !sight(request).point(id)) throw unknownId("point", id);
      return pointJson(services, point);
    },
  );

  app.get(
    "/overrides",
    { config: { right: "read" }, schema: { tags: ["control"], response: { 200: Type.Array(OverrideJson) } } },
    (request) => {
      const may = sight(request);
      return services
        .overrides()
        .filter(({ point }) => may.point(point))
        .map(overrideJson);
    },
  );

  app.get("/alarms", { config: { right: "read" }, schema: { tags: ["alarms"] } }, (request) => {
    if (!services.alarms) throw notBuiltYet("GET /alarms");
    const may = sight(request);
    return services
      .alarms()
      .filter(({ point }) => point === undefined || may.point(point))
      .map((alarm) => ({ ...alarm, since: formatTime(alarm.since) }));
  });
}
