import type { Constant, Definition, Field } from "./definition.ts";
import type { TypeRegistry } from "./registry.ts";

const rule = "=".repeat(80);

/** A type and all it needs as one text, the way recordings (`ros2msg` in MCAP) carry schemas. */
export function schemaText(registry: TypeRegistry, name: string): string {
  const nested = registry.dependencies(name).map((definition) => `${rule}\nMSG: ${shortName(definition.name)}\n${body(definition)}`);
  return [body(registry.get(name)), ...nested].join("");
}

/** A definition as the text of a `.msg` file. */
export function body(definition: Definition): string {
  const lines = [...definition.constants.map(constantLine), ...definition.fields.map(fieldLine)];
  return lines.map((line) => `${line}\n`).join("");
}

function shortName(name: string): string {
  const parts = name.split("/");
  return `${parts[0]}/${parts.at(-1)}`;
}

function constantLine({ type, name, value }: Constant): string {
  return `${type} ${name}=${String(value)}`;
}

function fieldLine({ type, name, stringBound, shape, initial }: Field): string {
  const base = type.includes("/") ? shortName(type) : type;
  const bound = stringBound === undefined ? "" : `<=${stringBound}`;
  const brackets =
    shape.kind === "one" ? "" : shape.kind === "array" ? `[${shape.length}]` : shape.bound === undefined ? "[]" : `[<=${shape.bound}]`;
  const value =
    initial === undefined ? "" : ` ${Array.isArray(initial) ? `[${initial.join(", ")}]` : JSON.stringify(initialJson(initial))}`;
  return `${base}${bound}${brackets} ${name}${value}`;
}

function initialJson(initial: Exclude<Field["initial"], undefined>): unknown {
  return typeof initial === "bigint" ? Number(initial) : initial;
}
