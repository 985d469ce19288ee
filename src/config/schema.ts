import { Type } from "#msgs/schema/type.ts";
import type { Static } from "#msgs/schema/type.ts";
import { Duration } from "./duration.ts";
import { AuthSection, CommandsSection, DataSection, ExposeEntry, Id, LogSection, ServerSection, StoreSection } from "./schema-gateway.ts";
import { AlarmEntry, AreaEntry, FlowMetricsSection, PointEntry as PointEntrySchema, RecipeEntry, ValveEntry } from "./schema-plant.ts";

const Poll = Type.Optional(
  Type.Union([Duration(), Type.Literal("never")], {
    expects: "a duration such as 1s, or never",
    description: "How often points are asked for unless they say otherwise.",
  }),
);

/** What every adapter has; the rest of its settings are its protocol's. */
export const AdapterOwn = Type.Object({
  id: Id("Name of this link."),
  protocol: Type.String({ minLength: 1, description: "Which adapter: modbus, mqtt, opcua, bacnet, ros2." }),
  title: Type.Optional(Type.String({ description: "What people call it." })),
  poll: Poll,
});

/** What every device has; the rest of its settings are its protocol's. */
export const DeviceOwn = Type.Object({
  id: Id("What it is called everywhere; unique in the site."),
  title: Type.Optional(Type.String({ description: "What people call it." })),
  area: Type.Optional(Type.String({ description: "Where it stands." })),
  poll: Poll,
  points: Type.Array(Type.Unknown(), { default: [], description: "What it measures and obeys." }),
});

/** Everything but the adapters, whose schema depends on which protocols there are. */
export const SiteRest = Type.Object({
  site: Type.Object(
    {
      name: Type.String({ minLength: 1, description: "What the place is called." }),
      timeZone: Type.String({ default: "UTC", description: "An IANA zone such as Europe/Vienna: what people mean by today." }),
    },
    { description: "The place." },
  ),
  server: ServerSection,
  auth: AuthSection,
  data: DataSection,
  store: StoreSection,
  log: LogSection,
  commands: CommandsSection,
  areas: Type.Array(AreaEntry, {
    default: [],
    description: "Parts of the place. An area `site` is always there and holds what names no other.",
  }),
  valves: Type.Array(ValveEntry, { default: [], description: "What `valve.actuate` can move." }),
  alarms: Type.Array(AlarmEntry, { default: [], description: "Limits that someone should know about." }),
  flowMetrics: Type.Optional(FlowMetricsSection),
  recipes: Type.Array(RecipeEntry, { default: [], description: "Several writes as one act." }),
  expose: Type.Array(ExposeEntry, { default: [], description: "Server sides." }),
});

export type SiteRest = Static<typeof SiteRest>;
export type AdapterOwn = Static<typeof AdapterOwn>;
export type DeviceOwn = Static<typeof DeviceOwn>;
export type PointEntry = Static<typeof PointEntrySchema>;
export { PointEntrySchema };
