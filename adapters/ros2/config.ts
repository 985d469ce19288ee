import { Type, type Static } from "#msgs/schema/type.ts";
import { withDefaults } from "../kit/schema-problems.ts";

const oneOf = <const Words extends readonly string[]>(words: Words, fallback: Words[number], description: string) =>
  Type.Optional(Type.Unsafe<Words[number]>(Type.Enum(words, { default: fallback, description })));
const addresses = (description: string) => Type.Optional(Type.Array(Type.String(), { maxItems: 64, description }));
const ddsName = "^/?[A-Za-z_]\\w*(/[A-Za-z_]\\w*)*$";
const rosType = "^\\w+/(\\w+/)?\\w+$";

/** Options of one link: a DDS domain and how we join it. */
export const linkSchema = Type.Object(
  {
    transport: oneOf(["rtps", "rcl"], "rtps", "Our own RTPS core, or rclnodejs where ROS 2 is installed and sourced"),
    domain: Type.Optional(Type.Integer({ minimum: 0, maximum: 232, default: 0, description: "The ROS domain id" })),
    interfaces: addresses("Our own IPv4 addresses to use; without it all of this machine but loopback"),
    multicast: Type.Optional(
      Type.Boolean({ default: true, description: "Find others by multicast; off where the network does not carry it" }),
    ),
    peers: Type.Optional(
      Type.Array(Type.String(), { maxItems: 64, default: [], description: "Addresses (or address:port) to find without multicast" }),
    ),
    allowedSubnets: addresses("The only subnets anything is sent to, as address/bits; without it those of the interfaces and the peers"),
    leaseMs: Type.Optional(
      Type.Integer({
        minimum: 500,
        maximum: 600_000,
        default: 10_000,
        description: "How long others wait in silence before they take us for gone",
      }),
    ),
    node: Type.Optional(
      Type.String({ pattern: "^[A-Za-z_]\\w*$", default: "plainview_gateway", description: "Our name in the ROS graph" }),
    ),
    namespace: Type.Optional(
      Type.String({ pattern: "^/([A-Za-z_]\\w*(/[A-Za-z_]\\w*)*)?$", default: "/", description: "And its namespace" }),
    ),
    gidBytes: Type.Optional(
      Type.Unsafe<"auto" | 16 | 24>(
        Type.Enum(["auto", 16, 24], { default: "auto", description: "Size of a gid in graph messages: 24 up to Humble, 16 from Iron on" }),
      ),
    ),
    types: Type.Optional(Type.String({ minLength: 1, description: "Folder with packages of custom .msg, .srv, .action and .idl files" })),
    depth: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        default: 1000,
        description: "History depth asked for; ROS's usual 10 loses what a fast topic overwrites",
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 600_000,
        default: 2000,
        description: "How long a question waits: the next message, a service, a command's result",
      }),
    ),
    maxRateHz: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 100_000,
        default: 0,
        description: "Most messages per second taken from one topic, further ones are counted and dropped; 0 is all",
      }),
    ),
  },
  { additionalProperties: false },
);

const methodSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, description: "What it is called here" }),
    via: Type.Unsafe<"topic" | "service" | "action">(Type.Enum(["topic", "service", "action"], { description: "What carries it" })),
    to: Type.String({ pattern: ddsName, description: "Name of the topic, service or action; relative ones are below the root" }),
    type: Type.String({ pattern: rosType, description: "Its type, as in std_srvs/SetBool" }),
  },
  { additionalProperties: false },
);

/** Options of one device: a robot, or a node that is treated as one. */
export const deviceSchema = Type.Object(
  {
    root: Type.Optional(
      Type.String({ pattern: ddsName, description: "Where relative names begin; without it /devices/ and the id, hyphens as underscores" }),
    ),
    identity: Type.Optional(
      Type.String({
        minLength: 1,
        default: "device_id",
        description: "On topics with +, the field that says which device a message is from",
      }),
    ),
    says: Type.Optional(Type.String({ minLength: 1, description: "What that field holds for this device; without it the device's id" })),
    node: Type.Optional(Type.String({ pattern: "^/[\\w/]+$", description: "Its ROS node, for parameters" })),
    commands: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 100,
        default: [],
        description: "Commands it takes as plainview_msgs/Command on commandTopic",
      }),
    ),
    commandTopic: Type.Optional(Type.String({ pattern: ddsName, default: "command", description: "Where it hears commands" })),
    resultTopic: Type.Optional(Type.String({ pattern: ddsName, default: "command_result", description: "Where it answers them" })),
    commandTtlMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        default: 5000,
        description: "Time to live of a command, after which the robot drops it",
      }),
    ),
    methods: Type.Optional(
      Type.Array(methodSchema, { maxItems: 100, default: [], description: "What else can be called: topics, services, actions" }),
    ),
  },
  { additionalProperties: false },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
export type Method = Static<typeof methodSchema>;

type Filled<T, Left extends keyof T> = Required<Omit<T, Left>> & Pick<T, Left>;
/** With every default filled in. */
export type Link = Filled<LinkOptions, "interfaces" | "allowedSubnets" | "types">;
export type Robot = Filled<DeviceOptions, "node"> & { readonly id: string };

export function linkOf(options: LinkOptions): Link {
  return withDefaults<Link>(linkSchema, options);
}

export function robotOf(id: string, options: DeviceOptions): Robot {
  const filled = withDefaults<Filled<DeviceOptions, "root" | "says" | "node">>(deviceSchema, options);
  const root = filled.root ?? `devices/${id.replaceAll(/\W/g, "_")}`;
  return { ...filled, id, says: filled.says ?? id, root: root.startsWith("/") ? root : `/${root}` };
}

/** A name of a topic or service: absolute, or below the device's root. */
export function absoluteName(name: string, root: string): string {
  return name.startsWith("/") ? name : `${root}/${name}`;
}
