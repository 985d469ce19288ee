import { CdrWriter } from "../rtps/index.ts";
import { DefinitionError, isPrimitive, type Definition, type Field, type Primitive } from "./definition.ts";
import type { TypeRegistry } from "./registry.ts";
import type { Draft } from "./value.ts";

/** Serialises a message. Throws `DraftError` when a value does not fit its field or a name is not one of its fields. */
export type Encoder = (draft: Draft) => Uint8Array;

/** What was given cannot be sent as this type, said with the path to it. */
export class DraftError extends Error {
  override readonly name = "DraftError";
}

type Write = (writer: CdrWriter, value: unknown, path: string) => void;

export function compileEncoder(registry: TypeRegistry, name: string): Encoder {
  const write = new EncoderCompiler(registry).struct(registry.get(name));
  const root = name.split("/").at(-1)!;
  return (draft) => {
    const writer = new CdrWriter();
    write(writer, draft, root);
    return writer.bytesWritten();
  };
}

class EncoderCompiler {
  private readonly registry: TypeRegistry;
  private readonly done = new Map<string, Write>();

  constructor(registry: TypeRegistry) {
    this.registry = registry;
  }

  struct(definition: Definition): Write {
    const known = this.done.get(definition.name);
    if (known !== undefined) return known;
    const fields = definition.fields.map((field) => ({ field, write: this.field(field) }));
    const names = new Set(definition.fields.map(({ name }) => name));
    const write: Write = (writer, value, path) => {
      const draft = value ?? {};
      if (typeof draft !== "object" || Array.isArray(draft)) throw new DraftError(`${path}: expected an object, got ${shown(value)}`);
      for (const key of Object.keys(draft)) {
        if (!names.has(key)) throw new DraftError(`${path} has no field "${key}"; it has ${[...names].join(", ") || "none"}`);
      }
      if (fields.length === 0) writer.uint8(0);
      for (const { field, write: writeField } of fields) {
        writeField(writer, (draft as Record<string, unknown>)[field.name] ?? field.initial, `${path}.${field.name}`);
      }
    };
    this.done.set(definition.name, write);
    return write;
  }

  private field(field: Field): Write {
    const { shape, type } = field;
    const element = isPrimitive(type) ? scalar(type, field.stringBound) : this.struct(this.registry.get(type));
    if (shape.kind === "one") return element;
    return (writer, value, path) => {
      const items = toItems(value, path);
      if (shape.kind === "array") {
        if (value !== undefined && items.length !== shape.length) {
          throw new DraftError(`${path}: expected ${shape.length} elements, got ${items.length}`);
        }
      } else {
        if (items.length > (shape.bound ?? Infinity)) throw new DraftError(`${path}: at most ${shape.bound} elements, got ${items.length}`);
        writer.uint32(items.length);
      }
      const count = shape.kind === "array" ? shape.length : items.length;
      for (let i = 0; i < count; i++) element(writer, items[i], `${path}[${i}]`);
    };
  }
}

function toItems(value: unknown, path: string): ArrayLike<unknown> {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && "length" in value) return value as unknown as ArrayLike<unknown>;
  throw new DraftError(`${path}: expected a list, got ${shown(value)}`);
}

function scalar(type: Primitive, stringBound: number | undefined): Write {
  if (type === "wstring") throw new DefinitionError("a wstring is serialised differently by each middleware and not written");
  if (type === "string") return stringWriter(stringBound);
  if (type === "bool") {
    return (writer, value: unknown = false, path) => {
      if (typeof value !== "boolean") throw new DraftError(`${path}: expected true or false, got ${shown(value)}`);
      writer.uint8(value ? 1 : 0);
    };
  }
  if (type === "float32" || type === "float64") {
    return (writer, value: unknown = 0, path) => {
      if (typeof value !== "number") throw new DraftError(`${path}: expected a number, got ${shown(value)}`);
      writer[type](value);
    };
  }
  if (type === "int64" || type === "uint64") return bigWriter(type);
  return integerWriter(type);
}

function stringWriter(bound: number | undefined): Write {
  return (writer, value: unknown = "", path) => {
    if (typeof value !== "string") throw new DraftError(`${path}: expected a text, got ${shown(value)}`);
    if (value.length > (bound ?? Infinity)) throw new DraftError(`${path}: at most ${bound} characters, got ${value.length}`);
    writer.string(value);
  };
}

function bigWriter(type: "int64" | "uint64"): Write {
  const [lowest, highest] = type === "int64" ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  return (writer, value: unknown = 0n, path) => {
    const isWhole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
    // A whole number beyond 2^53 travels through JSON as decimal text.
    const text = typeof value === "string" && /^-?\d{1,20}$/.test(value);
    if (!isWhole && !text) throw new DraftError(`${path}: expected a whole number, got ${shown(value)}`);
    const big = BigInt(value as bigint | number | string);
    if (big < lowest || big > highest) throw new DraftError(`${path}: ${big} is outside of ${type}`);
    writer[type](big);
  };
}

type SmallInteger = "byte" | "char" | "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32";

function integerWriter(type: SmallInteger): Write {
  const method = type === "byte" || type === "char" ? "uint8" : type;
  const bits = Number(/\d+$/.exec(method)![0]);
  const lowest = method.startsWith("u") ? 0 : -(2 ** (bits - 1));
  const highest = method.startsWith("u") ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
  return (writer, value: unknown = 0, path) => {
    if (typeof value !== "number" || !Number.isInteger(value))
      throw new DraftError(`${path}: expected a whole number, got ${shown(value)}`);
    if (value < lowest || value > highest) throw new DraftError(`${path}: ${value} is outside of ${type} (${lowest} to ${highest})`);
    writer[method](value);
  };
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${value.slice(0, 40)}"` : typeof value === "object" ? "something else" : String(value);
}
