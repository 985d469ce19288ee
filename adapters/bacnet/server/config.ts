import { Type, type Static } from "#msgs/schema/type.ts";
import type { Problem } from "#src/contract/adapter.ts";
import { schemaProblems } from "../../kit/schema-problems.ts";
import { parseObject } from "../address.ts";
import { normaliseAddress } from "../wire/udp-address.ts";
import { familyOf } from "./family.ts";

const exposed = Type.Object(
  {
    point: Type.String({ minLength: 1, description: "The point's id" }),
    object: Type.String({ minLength: 1, description: "The object it is shown as, `analog-input:1`" }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Object name; the point's id unless given" })),
    writable: Type.Optional(
      Type.Boolean({ default: false, description: "Whether writes are taken and handed to the desk; the object then shows sixteen slots" }),
    ),
    covIncrement: Type.Optional(
      Type.Number({ minimum: 0, default: 0, description: "How far a number must move before subscribers hear of it" }),
    ),
  },
  { additionalProperties: false },
);

/** The gateway as a BACnet device. */
export const serverSchema = Type.Object(
  {
    id: Type.String({ minLength: 1, description: "Its name in the audit trail, as bacnet-server:<id>" }),
    instance: Type.Integer({ minimum: 0, maximum: 4_194_302, description: "Device instance number, unique on the whole internetwork" }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, default: "plainview", description: "Device name, unique too" })),
    listen: Type.Optional(
      Type.String({ pattern: "^\\d{1,3}(\\.\\d{1,3}){3}:\\d{1,5}$", default: "127.0.0.1:47808", description: "Address and UDP port" }),
    ),
    allowRemote: Type.Optional(
      Type.Boolean({
        default: false,
        description: "BACnet/IP has neither sign-in nor encryption: say true only where the network itself keeps others out",
      }),
    ),
    broadcast: Type.Optional(
      Type.Array(Type.String(), { maxItems: 32, default: [], description: "Where the device announces itself when it starts" }),
    ),
    bbmd: Type.Optional(Type.String({ description: "A BBMD to register with as a foreign device" })),
    bbmdTtlS: Type.Optional(Type.Integer({ minimum: 30, maximum: 65_535, default: 300, description: "Lifetime of the registration" })),
    highestPriority: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 16,
        default: 8,
        description: "Writes at a higher priority (a smaller number) than this are refused",
      }),
    ),
    ttlMs: Type.Optional(Type.Integer({ minimum: 1_000, description: "How long a written value lives when it is not written again" })),
    points: Type.Array(exposed, { maxItems: 50_000, description: "What is shown" }),
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
  const listen = options.listen ?? "127.0.0.1:47808";
  if (!listen.startsWith("127.") && options.allowRemote !== true) {
    problems.push({
      path: ["listen"],
      message: `listening on ${listen} lets everybody there read and write; set allowRemote: true if the network keeps others out`,
    });
  }
  for (const [name, list] of [
    ["broadcast", options.broadcast ?? []],
    ["bbmd", options.bbmd === undefined ? [] : [options.bbmd]],
  ] as const) {
    for (const one of list)
      if (normaliseAddress(one) === undefined) problems.push({ path: [name], message: `"${one}" is not an IPv4 address with a UDP port` });
  }
  const objects = new Map<string, string>();
  const names = new Map<string, string>();
  options.points.forEach((point, index) => {
    const id = parseObject(point.object);
    if (typeof id === "string") return void problems.push({ path: ["points", index, "object"], message: id });
    if (familyOf(id.type) === "other") {
      problems.push({
        path: ["points", index, "object"],
        message: `${point.object} is not a type points are shown as; use analog-, binary-, multi-state- or characterstring-`,
      });
    }
    const key = `${id.type}:${id.instance}`;
    const name = point.name ?? point.point;
    if (objects.has(key))
      problems.push({ path: ["points", index, "object"], message: `${point.object} shows ${objects.get(key)} already` });
    if (names.has(name))
      problems.push({ path: ["points", index, "name"], message: `two objects are called "${name}"; names are unique in a device` });
    objects.set(key, point.point);
    names.set(name, point.point);
  });
  return problems;
}
