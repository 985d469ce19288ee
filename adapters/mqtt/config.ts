import { Type, type Static } from "#msgs/schema/type.ts";
import { withDefaults } from "../kit/schema-problems.ts";
import { timeFormats } from "./source-time.ts";

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 100_000, description }));
const oneOf = <const Words extends readonly string[]>(words: Words, fallback: Words[number], description: string) =>
  Type.Optional(Type.Unsafe<Words[number]>(Type.Enum(words, { default: fallback, description })));
const whole = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, default: fallback, description }));

/** Options of one link: a broker and who we are to it. */
export const linkSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, description: "Where the broker is" }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: "TCP port. Absent: 1883, with TLS 8883" })),
    version: oneOf(["3.1.1", "5"], "3.1.1", "Version of MQTT"),
    clientId: text("Who we are to the broker; two clients with one id throw each other out. Absent: `plainview-` and the adapter's id"),
    username: text("User name, where the broker wants one"),
    password: text("Password; write it as `${NAME}` or `file:path`"),
    tls: Type.Optional(Type.Boolean({ default: false, description: "Encrypt, and check the broker's certificate" })),
    ca: text("Certificates (PEM) that sign the broker's, as `file:path`. Absent: those this machine trusts"),
    certificate: text("Our own certificate (PEM), where the broker wants one"),
    key: text("The private key of our own certificate (PEM)"),
    keepAliveSeconds: whole(1, 65_535, 30, "A broker that is silent for half as long again is taken for lost"),
    connectTimeoutMs: whole(1, 600_000, 5000, "How long one attempt to connect may take"),
    timeoutMs: whole(1, 600_000, 5000, "How long the broker may take to acknowledge, and a device to answer a question"),
    session: oneOf(["clean", "kept"], "clean", "`kept`: the broker keeps what comes with QoS 1 and 2 while we are away"),
    sessionExpirySeconds: whole(1, 4_294_967_295, 604_800, "MQTT 5: how long a kept session outlives us"),
    inFlight: whole(1, 65_535, 1000, "MQTT 5: most messages the broker may send before the first is acknowledged"),
    maxMessageBytes: whole(16, 268_435_455, 1_048_576, "A longer message is not read: its points are bad"),
    topic: text("Topic of a device that names none of its own; `{device}` stands for its name, `+` for any level"),
    browseTopic: Type.Optional(Type.String({ minLength: 1, default: "#", description: "What `discover` listens to" })),
    browseMs: whole(10, 3_600_000, 5000, "How long `discover` listens"),
  },
  { additionalProperties: false },
);

const qos = (fallback: 0 | 1 | 2, description: string) =>
  Type.Optional(Type.Unsafe<0 | 1 | 2>(Type.Integer({ minimum: 0, maximum: 2, default: fallback, description })));

/** Options of one device: its topics and how it writes. */
export const deviceSchema = Type.Object(
  {
    topic: text("Everything below is below this topic; `+` stands for any level. Absent: the link's, or addresses are whole topics"),
    name: text("What `{device}` stands for in topics. Absent: the device's id"),
    qos: qos(1, "Quality of service asked for when listening"),
    timePath: text("Where its own time lies in a JSON payload"),
    timeFormat: oneOf(timeFormats, "rfc3339", "How that time is written"),
    sequencePath: text("Where the number of a message lies; numbers that are left out become events"),
    sequenceWraps: Type.Optional(Type.Integer({ minimum: 2, description: "How many numbers there are before 0 comes again" })),
    statusTopic: text("Topic that says whether it is there, by last will for instance"),
    statusPath: text("Where in a JSON payload that is said. Absent: the payload is the word"),
    online: Type.Optional(Type.String({ default: "online", description: "The word for being there" })),
    offline: Type.Optional(Type.String({ default: "offline", description: "The word for being away: all its points are bad" })),
    commandTopic: text("Where it is told something, for points whose address does not say"),
    commandPayload: text(
      "What it is told: `{value}` is the value as JSON, `{text}` as plain text. Absent: JSON with the value at the path",
    ),
    commandQos: qos(1, "Quality of service of what it is told"),
    commandRetain: Type.Optional(
      Type.Boolean({ default: false, description: "Let the broker keep what it was told for when it comes back" }),
    ),
    askTopic: text("Where it can be asked to say its state; absent: it cannot be asked"),
    askPayload: Type.Optional(Type.String({ default: "", maxLength: 100_000, description: "What it is asked with" })),
    answerTopic: text("Where it answers what it was asked; only points on this topic can be asked"),
    on: text("Its word for true, when it writes one"),
    off: text("Its word for false"),
  },
  { additionalProperties: false },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;

type Filled<T, Left extends keyof T> = Required<Omit<T, Left>> & Pick<T, Left>;
/** With every default filled in. */
export type Link = Filled<LinkOptions, "port" | "clientId" | "username" | "password" | "ca" | "certificate" | "key" | "topic">;
export type DeviceLimits = Filled<
  DeviceOptions,
  | "topic"
  | "name"
  | "timePath"
  | "sequencePath"
  | "sequenceWraps"
  | "statusTopic"
  | "statusPath"
  | "commandTopic"
  | "commandPayload"
  | "askTopic"
  | "answerTopic"
  | "on"
  | "off"
>;

export function linkOf(options: LinkOptions): Link {
  return withDefaults<Link>(linkSchema, options);
}

export function deviceOf(options: DeviceOptions): DeviceLimits {
  return withDefaults<DeviceLimits>(deviceSchema, options);
}
