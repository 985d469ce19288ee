import { Type, type Static } from "#msgs/schema/type.ts";
import type { Problem } from "#src/contract/adapter.ts";
import { schemaProblems } from "../../kit/schema-problems.ts";
import { isBitTable, parseAddress, widthOf } from "../address.ts";

const exposed = Type.Object(
  {
    point: Type.String({ minLength: 1, description: "The point's id" }),
    address: Type.String({ minLength: 1, description: "Where it is shown, in the notation of the adapter" }),
    writable: Type.Optional(
      Type.Boolean({ default: false, description: "Whether writes are taken and handed to the desk; coils and holding registers only" }),
    ),
    gain: Type.Optional(Type.Number({ default: 1, description: "Shown is (value - offset) / gain, so that integers can carry decimals" })),
    offset: Type.Optional(Type.Number({ default: 0, description: "See gain" })),
    whenBad: Type.Optional(
      Type.Unsafe<"exception" | "hold">(
        Type.Enum(["exception", "hold"], {
          default: "exception",
          description:
            "A value that is bad or stale is answered with exception 4, or keeps standing as it last was; then give it a qualityAt",
        }),
      ),
    ),
    qualityAt: Type.Optional(
      Type.String({ description: "A register that shows the quality byte: 0 good, from 64 uncertain, from 128 bad" }),
    ),
  },
  { additionalProperties: false },
);

/** What is shown to a legacy SCADA, and where. */
export const serverSchema = Type.Object(
  {
    id: Type.String({ minLength: 1, description: "Its name in the audit trail, as modbus-server:<id>" }),
    host: Type.Optional(Type.String({ default: "127.0.0.1", description: "Address to listen on" })),
    port: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, default: 1502, description: "TCP port; 502 needs a privilege on most systems" }),
    ),
    allowRemote: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Modbus has neither sign-in nor encryption: say true only where the network itself keeps others out",
      }),
    ),
    clients: Type.Optional(
      Type.Array(Type.String(), { maxItems: 256, description: "Addresses that may connect; absent: all that reach the port" }),
    ),
    unit: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: "Answers to this unit id only; absent: to every one" })),
    priority: Type.Optional(Type.Integer({ minimum: 8, maximum: 16, default: 16, description: "The slot that writes go to" })),
    ttlMs: Type.Optional(Type.Integer({ minimum: 1000, description: "How long a written value lives when it is not written again" })),
    maxClients: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 256, default: 16, description: "Connections at once; one more is closed" }),
    ),
    points: Type.Array(exposed, { maxItems: 100_000, description: "What is shown" }),
  },
  { additionalProperties: false },
);

export type ServerOptions = Static<typeof serverSchema>;
export type ExposedPoint = Static<typeof exposed>;

/** Everything wrong with the options, before anything listens. */
export function checkServer(options: ServerOptions): readonly Problem[] {
  const wrong = schemaProblems(serverSchema, options, []);
  if (wrong.length > 0) return wrong;
  const problems: Problem[] = [];
  if (!isLoopback(options.host ?? "127.0.0.1") && options.allowRemote !== true) {
    problems.push({
      path: ["host"],
      message: `listening on ${options.host} lets everybody there read and write; set allowRemote: true if the network keeps others out`,
    });
  }
  const taken = new Map<string, string>();
  for (const [index, point] of options.points.entries()) {
    const path = ["points", index];
    problems.push(...checkPlace(point, "address", path, taken));
    if (point.qualityAt !== undefined) problems.push(...checkPlace(point, "qualityAt", path, taken));
    if (point.gain === 0) problems.push({ path: [...path, "gain"], message: "a gain of 0 cannot be undone; leave it out for 1" });
  }
  return problems;
}

function checkPlace(point: ExposedPoint, which: "address" | "qualityAt", path: Problem["path"], taken: Map<string, string>): Problem[] {
  const at = [...path, which];
  const text = point[which]!;
  const parsed = parseAddress(text);
  if ("problem" in parsed) return [{ path: at, message: parsed.problem }];
  const { address } = parsed;
  const problems: Problem[] = [];
  if (address.bit !== undefined)
    problems.push({ path: at, message: `${text}: a server shows truths as coils or discrete inputs, not as bits of a register` });
  if (which === "qualityAt" && (isBitTable(address.table) || widthOf(address) !== 1))
    problems.push({ path: at, message: `${text}: a quality takes one register` });
  if (which === "address" && point.writable === true && (address.table === "input" || address.table === "discrete")) {
    problems.push({ path: [...path, "writable"], message: `${text} cannot be written by any client; use a coil or a holding register` });
  }
  for (let offset = 0; offset < widthOf(address); offset++) {
    const place = `${address.table}:${address.at + offset}`;
    const other = taken.get(place);
    if (other !== undefined) {
      problems.push({ path: at, message: `${place} is already taken by ${other}` });
      break;
    }
    taken.set(place, point.point);
  }
  return problems;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
