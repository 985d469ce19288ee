import { Type, type Static } from "#msgs/schema/type.ts";
import { withDefaults } from "../kit/schema-problems.ts";
import { orders } from "./address.ts";

const milliseconds = (fallback: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000, default: fallback, description }));
const oneOf = <const Words extends readonly string[]>(words: Words, fallback: Words[number], description: string) =>
  Type.Optional(Type.Unsafe<Words[number]>(Type.Enum(words, { default: fallback, description })));

export const methods = ["identify", "write-coils", "write-registers", "read-write-registers"] as const;
/** What can be called on a device, beside reading and writing its points. */
export type Method = (typeof methods)[number];

/** Options of one link: a TCP device or gateway, a serial server, a serial port. */
export const linkSchema = Type.Object(
  {
    transport: oneOf(
      ["tcp", "rtu-over-tcp", "serial"],
      "tcp",
      "Modbus TCP; RTU frames through a transparent serial server; a serial port of this machine",
    ),
    host: Type.Optional(Type.String({ minLength: 1, description: "Where to dial, for both TCP transports" })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 502, description: "TCP port" })),
    path: Type.Optional(Type.String({ minLength: 1, description: "The serial port, as in /dev/ttyUSB0 or COM3" })),
    baudRate: Type.Optional(Type.Integer({ minimum: 50, maximum: 4_000_000, default: 9600, description: "Serial speed" })),
    parity: oneOf(["none", "even", "odd"], "even", "Serial parity; the standard asks for even"),
    dataBits: Type.Optional(Type.Integer({ minimum: 7, maximum: 8, default: 8, description: "Serial data bits" })),
    stopBits: Type.Optional(Type.Integer({ minimum: 1, maximum: 2, default: 1, description: "Serial stop bits; two without parity" })),
    echo: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "The line repeats what is sent, as two-wire RS-485 converters with local echo do: our own frame is dropped before the answer is looked for",
      }),
    ),
    connectTimeoutMs: milliseconds(5000, "How long one attempt to dial may take"),
    timeoutMs: milliseconds(1000, "How long a request waits for its answer, from when it was sent"),
    inFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 256,
        default: 8,
        description:
          "Most requests under way on this link, all units together; 1 for gateways that lose what they are asked meanwhile. RTU has always 1",
      }),
    ),
    giveUpAfter: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 5,
        description: "The link counts as lost after this many time-outs in a row without a single byte heard",
      }),
    ),
    scanUnits: Type.Optional(
      Type.String({ pattern: "^\\d{1,3}-\\d{1,3}$", default: "1-32", description: "Which unit ids `discover` tries" }),
    ),
  },
  { additionalProperties: false },
);

/** Options of one device: a unit id behind the link and what it can take. */
export const deviceSchema = Type.Object(
  {
    unit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 255, default: 1, description: "Unit id. 0 is a broadcast on RTU: written, never answered" }),
    ),
    order: oneOf(orders, "abcd", "Byte order of values whose address names none"),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000, description: "The link's, unless this device is slower" })),
    inFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 256,
        default: 1,
        description: "Most requests under way to this device; more is faster where the device queues them",
      }),
    ),
    maxRegisters: Type.Optional(Type.Integer({ minimum: 1, maximum: 125, default: 125, description: "Most registers in one read" })),
    maxBits: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2000, default: 2000, description: "Most coils or discrete inputs in one read" }),
    ),
    maxGap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 125,
        default: 16,
        description: "Registers nobody wants that are read through rather than asked around",
      }),
    ),
    maxGapBits: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2000, default: 256, description: "The same for coils and discrete inputs" }),
    ),
    forbidden: Type.Optional(
      Type.Array(Type.String(), { maxItems: 1000, description: "Stretches that are never read through, as in `holding:100-120`" }),
    ),
    writeWith: oneOf(
      ["single", "multiple"],
      "single",
      "Single values with functions 5 and 6, or with 15 and 16 for devices that know only those",
    ),
    calls: Type.Optional(
      Type.Array(Type.Unsafe<Method>(Type.Enum(methods)), {
        maxItems: 4,
        default: ["identify"],
        description: "Methods that may be called; the raw writes pass by the limits of points, so they are off unless named",
      }),
    ),
  },
  { additionalProperties: false },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;

type Filled<T, Left extends keyof T> = Required<Omit<T, Left>> & Pick<T, Left>;
/** With every default filled in. */
export type Link = Filled<LinkOptions, "host" | "path">;
export type DeviceLimits = Filled<DeviceOptions, "timeoutMs" | "forbidden">;

export function linkOf(options: LinkOptions): Link {
  return withDefaults<Link>(linkSchema, options);
}

export function deviceOf(options: DeviceOptions): DeviceLimits {
  return withDefaults<DeviceLimits>(deviceSchema, options);
}
