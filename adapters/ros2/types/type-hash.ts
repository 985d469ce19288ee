import { createHash } from "node:crypto";
import type { Definition, Field, Primitive } from "./definition.ts";
import { isPrimitive } from "./definition.ts";
import { one } from "./parse-msg.ts";
import type { TypeRegistry } from "./registry.ts";

/** Type ids of REP-2011's type description. `char` in a .msg is an octet there. */
const typeIds: Readonly<Record<Primitive, number>> = {
  int8: 2,
  uint8: 3,
  char: 3,
  int16: 4,
  uint16: 5,
  int32: 6,
  uint32: 7,
  int64: 8,
  uint64: 9,
  float32: 10,
  float64: 11,
  bool: 15,
  byte: 16,
  string: 17,
  wstring: 18,
};
const nestedTypeId = 1;
/** A string with a bound has an id of its own, four above. */
const boundedString = 4;
const shapeOffset = { one: 0, array: 48, boundedSequence: 96, sequence: 144 } as const;

/** The hash by which ROS 2 from Iron on tells versions of a type apart: `RIHS01_` and 64 hexadecimal digits. */
export function typeHash(registry: TypeRegistry, name: string): string {
  return hashOf(registry.get(name), registry.dependencies(name));
}

/** The hash of a service, which covers request, response and the event message that ROS derives. */
export function serviceHash(registry: TypeRegistry, name: string): string {
  const info = registry.get("service_msgs/msg/ServiceEventInfo");
  const bounded = (field: string, type: string): Field => ({ ...one(field, type), shape: { kind: "sequence", bound: 1 } });
  const event: Definition = {
    name: `${name}_Event`,
    fields: [one("info", info.name), bounded("request", `${name}_Request`), bounded("response", `${name}_Response`)],
    constants: [],
  };
  const service: Definition = {
    name,
    fields: [one("request_message", `${name}_Request`), one("response_message", `${name}_Response`), one("event_message", event.name)],
    constants: [],
  };
  const halves = [`${name}_Request`, `${name}_Response`, info.name];
  const referenced = new Map<string, Definition>([[event.name, event]]);
  for (const half of halves) for (const each of [registry.get(half), ...registry.dependencies(half)]) referenced.set(each.name, each);
  return hashOf(service, [...referenced.values()]);
}

function hashOf(root: Definition, referenced: readonly Definition[]): string {
  const description = {
    type_description: describe(root),
    referenced_type_descriptions: [...referenced].sort((a, b) => (a.name < b.name ? -1 : 1)).map(describe),
  };
  return `RIHS01_${createHash("sha256").update(spacedJson(description)).digest("hex")}`;
}

function describe(definition: Definition): object {
  // IDL has no empty struct, so ROS puts a member into one.
  const fields = definition.fields.length === 0 ? [one("structure_needs_at_least_one_member", "uint8")] : definition.fields;
  return { type_name: definition.name, fields: fields.map((field) => ({ name: field.name, type: describeType(field) })) };
}

function describeType({ type, stringBound, shape }: Field): object {
  const primitive = isPrimitive(type);
  const base = primitive ? typeIds[type] + (stringBound === undefined ? 0 : boundedString) : nestedTypeId;
  const bounded = shape.kind === "sequence" && shape.bound !== undefined;
  return {
    type_id: base + shapeOffset[bounded ? "boundedSequence" : shape.kind],
    capacity: shape.kind === "array" ? shape.length : bounded ? shape.bound : 0,
    string_capacity: stringBound ?? 0,
    nested_type_name: primitive ? "" : type,
  };
}

/** JSON with the spaces that Python's writer puts after commas and colons: the hash is over these very bytes. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spacedJson(each)}`);
  return `{${entries.join(", ")}}`;
}
