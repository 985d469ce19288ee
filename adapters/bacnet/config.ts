import { Type, type Static } from "#msgs/schema/type.ts";
import { withDefaults } from "../kit/schema-problems.ts";

const udp = "^\\d{1,3}(\\.\\d{1,3}){3}(:\\d{1,5})?$";
const address = (description: string) => Type.String({ pattern: udp, description });

/** Options of one link: one UDP socket on one BACnet/IP network. */
export const linkSchema = Type.Object(
  {
    listen: Type.Optional(
      Type.String({
        pattern: "^\\d{1,3}(\\.\\d{1,3}){3}:\\d{1,5}$",
        default: "0.0.0.0:47808",
        description: "Address and UDP port of ours; port 0 takes any free one",
      }),
    ),
    ownAddress: Type.Optional(address("Where devices reach us, for enrolling as a recipient of events; needed when `listen` is 0.0.0.0")),
    broadcast: Type.Optional(
      Type.Array(address(""), {
        maxItems: 32,
        description:
          "Where broadcasts go, the subnet's address for example; 255.255.255.255 unless given, nowhere with a BBMD or on loopback",
      }),
    ),
    whoIs: Type.Optional(
      Type.Array(address(""), {
        maxItems: 1_000,
        default: [],
        description: "Stations asked one by one when looking for devices, where no broadcast reaches them",
      }),
    ),
    bbmd: Type.Optional(address("A BBMD to register with as a foreign device")),
    bbmdTtlS: Type.Optional(
      Type.Integer({
        minimum: 30,
        maximum: 65_535,
        default: 300,
        description: "Lifetime of the registration; renewed after a third of it",
      }),
    ),
    networks: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65_534 }), {
        maxItems: 200,
        default: [],
        description: "Networks behind routers that discovery asks one by one; all are asked anyway",
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 60_000, default: 3_000, description: "How long one request waits for its answer" }),
    ),
    retries: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10, default: 3, description: "How often a read is asked again; a write never is" }),
    ),
    perDevice: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, default: 2, description: "Most requests under way to one device" })),
    inFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4_096,
        default: 256,
        description: "Most requests under way in all; those whose first answer is overdue no longer count",
      }),
    ),
    findMs: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 60_000, default: 3_000, description: "How long a device without an address is looked for" }),
    ),
    discoverMs: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 600_000, default: 5_000, description: "How long discovery waits for devices to answer" }),
    ),
    discover: Type.Optional(
      Type.String({ pattern: "^\\d{1,7}-\\d{1,7}$", default: "0-4194302", description: "Which device instances discovery asks for" }),
    ),
    covLifetimeS: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 86_400, default: 300, description: "Lifetime of a subscription; renewed after half of it" }),
    ),
    checkS: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600,
        default: 30,
        description: "How often a device that is only listened to is asked whether it lives and has not restarted",
      }),
    ),
  },
  { additionalProperties: false },
);

export const callNames = [
  "read-property",
  "read-schedule",
  "write-schedule",
  "read-calendar",
  "write-calendar",
  "read-events",
  "time-sync",
  "enrol",
  "acknowledge",
  "device-communication-control",
  "reinitialize",
] as const;
export type CallName = (typeof callNames)[number];

/** What takes a device out of service: offered only where the site file names it, and to administrators alone. */
export const adminMethods: readonly CallName[] = ["device-communication-control", "reinitialize"];

/** Options of one device behind the link. */
export const deviceSchema = Type.Object(
  {
    instance: Type.Integer({ minimum: 0, maximum: 4_194_302, description: "Device instance number" }),
    address: Type.Optional(
      address("Where it is; without it the device is looked for by its instance. For a device behind a router: the router"),
    ),
    network: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_534, description: "Network number behind a router" })),
    mac: Type.Optional(
      Type.String({ pattern: "^([0-9a-fA-F]{2}){1,8}$", description: "Address on that network in hexadecimal, `0b` for MS/TP station 11" }),
    ),
    maxApdu: Type.Optional(
      Type.Integer({ minimum: 50, maximum: 1476, description: "Largest message it takes, when it claims more than it can" }),
    ),
    readMultiple: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether to ask for several properties at once; false for devices that fail at it in ways of their own",
      }),
    ),
    cov: Type.Optional(
      Type.Enum(["unconfirmed", "confirmed", "off"], { default: "unconfirmed", description: "How changes are listened for" }),
    ),
    timeZone: Type.Optional(
      Type.String({ description: "Zone of the device's clock, as in Europe/Berlin; otherwise the offset it states" }),
    ),
    events: Type.Optional(Type.Boolean({ default: true, description: "Whether its alarms and events are recorded" })),
    eventPollS: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 86_400,
        default: 60,
        description: "How often it is asked for what is active; 0 only at the start and after a restart",
      }),
    ),
    notificationClasses: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 4_194_302 }), {
        maxItems: 200,
        default: [],
        description: "Notification classes to enrol in, so that events are sent to us",
      }),
    ),
    reservedPriorities: Type.Optional(
      Type.Array(Type.Enum([1, 2, 5, 6]), {
        maxItems: 4,
        default: [],
        description: "Which of the priorities 1, 2, 5 and 6 may be written; none unless named",
      }),
    ),
    calls: Type.Optional(
      Type.Array(Type.Enum(callNames), {
        maxItems: callNames.length,
        default: callNames.filter((name) => !adminMethods.includes(name)),
        description: "Methods that may be called; switching communication off and restarting must be named",
      }),
    ),
    passwordEnv: Type.Optional(
      Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "Environment variable with the password for these two" }),
    ),
  },
  { additionalProperties: false },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;

type Filled<T, Left extends keyof T> = Required<Omit<T, Left>> & Pick<T, Left>;
/** With every default filled in. */
export type Link = Filled<LinkOptions, "bbmd" | "broadcast" | "ownAddress">;
export type DeviceSettings = Filled<DeviceOptions, "address" | "network" | "mac" | "maxApdu" | "timeZone" | "passwordEnv">;

export function linkOf(options: LinkOptions): Link {
  return withDefaults<Link>(linkSchema, options);
}

export function deviceOf(options: DeviceOptions): DeviceSettings {
  return withDefaults<DeviceSettings>(deviceSchema, options);
}
