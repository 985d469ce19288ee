import type { Definition, Field, Primitive } from "./definition.ts";
import { isPrimitive } from "./definition.ts";
import type { TypeRegistry } from "./registry.ts";

const idlNames: Readonly<Record<Primitive, string>> = {
  bool: "boolean",
  byte: "octet",
  char: "octet",
  int8: "octet",
  uint8: "octet",
  int16: "short",
  uint16: "unsigned short",
  int32: "long",
  uint32: "unsigned long",
  int64: "long long",
  uint64: "unsigned long long",
  float32: "float",
  float64: "double",
  string: "string",
  wstring: "wstring",
};

/** Types as IDL with the names DDS knows them by, for building a peer in another language against the same bytes. */
export function idlText(registry: TypeRegistry, names: readonly string[]): string {
  const all = new Map<string, Definition>();
  for (const name of names) {
    // A struct is declared before it is used: what has no needs of its own comes first.
    const needed = [...registry.dependencies(name), registry.get(name)];
    needed.sort((a, b) => registry.dependencies(a.name).length - registry.dependencies(b.name).length);
    for (const definition of needed) all.set(definition.name, definition);
  }
  return [...all.values()].map(declare).join("\n");
}

function declare(definition: Definition): string {
  const [pack, kind, name] = definition.name.split("/");
  const members = definition.fields.map((field) => `    ${member(field)};`);
  return [`module ${pack} { module ${kind} { module dds_ {`, `  struct ${name}_ {`, ...members, "  };", "}; }; };"].join("\n");
}

function member({ type, name, stringBound, shape }: Field): string {
  const bound = stringBound === undefined ? "" : `<${stringBound}>`;
  const base = isPrimitive(type) ? `${idlNames[type]}${bound}` : ddsScoped(type);
  if (shape.kind === "one") return `${base} ${name}`;
  if (shape.kind === "array") return `${base} ${name}[${shape.length}]`;
  return `sequence<${base}${shape.bound === undefined ? "" : `, ${shape.bound}`}> ${name}`;
}

function ddsScoped(type: string): string {
  const [pack, kind, name] = type.split("/");
  return `${pack}::${kind}::dds_::${name}_`;
}
