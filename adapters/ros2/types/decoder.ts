import { CdrReader } from "../rtps/index.ts";
import { DefinitionError, isPrimitive, type Definition, type Field, type Primitive } from "./definition.ts";
import type { TypeRegistry } from "./registry.ts";
import type { Message, Value } from "./value.ts";

/** Turns a serialised message into an object. Throws `Malformed` on a payload that is too short or claims more than it has. */
export type Decoder = (payload: Uint8Array) => Message;

type Read = (reader: CdrReader) => Value;

/** Builds the decoder of a type once; it walks no definitions afterwards. */
export function compileDecoder(registry: TypeRegistry, name: string): Decoder {
  const read = new DecoderCompiler(registry).struct(registry.get(name));
  return (payload) => read.run(new CdrReader(payload)) as Message;
}

interface Compiled {
  readonly run: Read;
  /** The least bytes a value can take, so that a sequence length that cannot be true is refused before anything is allocated. */
  readonly smallest: number;
}

class DecoderCompiler {
  private readonly registry: TypeRegistry;
  private readonly done = new Map<string, Compiled>();

  constructor(registry: TypeRegistry) {
    this.registry = registry;
  }

  struct(definition: Definition): Compiled {
    const known = this.done.get(definition.name);
    if (known !== undefined) return known;
    const fields = definition.fields.map((field) => ({ name: field.name, ...this.field(field) }));
    const compiled = {
      run: structReader(fields),
      smallest: Math.max(
        1,
        fields.reduce((sum, { smallest }) => sum + smallest, 0),
      ),
    };
    this.done.set(definition.name, compiled);
    return compiled;
  }

  private field(field: Field): Compiled {
    const { shape } = field;
    const element = isPrimitive(field.type) ? scalarReaders[field.type] : this.struct(this.registry.get(field.type));
    if (element === undefined)
      throw new DefinitionError(`${field.name}: ${field.type} is serialised differently by each middleware and not read`);
    if (shape.kind === "one") return element;
    const fast = isPrimitive(field.type) ? arrayReaders[field.type] : undefined;
    const many = fast ?? ((reader: CdrReader, count: number) => Array.from({ length: count }, () => element.run(reader)));
    if (shape.kind === "array") {
      return { run: (reader) => many(reader, shape.length), smallest: Math.max(1, element.smallest * shape.length) };
    }
    const bound = shape.bound ?? Infinity;
    return {
      run: (reader) => {
        const count = reader.sequenceLength(element.smallest);
        if (count > bound) throw new RangeError(`${field.name}: ${count} elements, ${bound} allowed`);
        return many(reader, count);
      },
      smallest: 4,
    };
  }
}

function structReader(fields: readonly { readonly name: string; readonly run: Read }[]): Read {
  // An empty message still carries the octet that IDL demands.
  if (fields.length === 0) return (reader) => (reader.uint8(), {});
  return (reader) => {
    const message: Record<string, Value> = {};
    for (const { name, run } of fields) message[name] = run(reader);
    return message;
  };
}

const octet: Compiled = { run: (reader) => reader.uint8(), smallest: 1 };

const scalarReaders: Readonly<Partial<Record<Primitive, Compiled>>> = {
  bool: { run: (reader) => reader.uint8() !== 0, smallest: 1 },
  byte: octet,
  char: octet,
  uint8: octet,
  int8: { run: (reader) => (reader.uint8() << 24) >> 24, smallest: 1 },
  int16: { run: (reader) => reader.view.getInt16(reader.take(2), reader.littleEndian), smallest: 2 },
  uint16: { run: (reader) => reader.uint16(), smallest: 2 },
  int32: { run: (reader) => reader.int32(), smallest: 4 },
  uint32: { run: (reader) => reader.uint32(), smallest: 4 },
  int64: { run: (reader) => reader.int64(), smallest: 8 },
  uint64: { run: (reader) => reader.uint64(), smallest: 8 },
  float32: { run: (reader) => reader.view.getFloat32(reader.take(4), reader.littleEndian), smallest: 4 },
  float64: { run: (reader) => reader.view.getFloat64(reader.take(8), reader.littleEndian), smallest: 8 },
  string: { run: (reader) => reader.string(), smallest: 4 },
};

type ReadMany = (reader: CdrReader, count: number) => Value;

/** Copies the bytes out, because a view would have to be aligned and would keep the whole datagram alive. */
function typed<T extends Value>(size: number, make: (buffer: ArrayBuffer) => T): ReadMany {
  return (reader, count) => {
    if (count === 0) return make(new ArrayBuffer(0));
    const at = reader.take(size, count);
    const copy = reader.bytes.slice(at, at + size * count);
    if (!reader.littleEndian && size > 1) swap(copy, size);
    return make(copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.byteLength) as ArrayBuffer);
  };
}

function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

const octets = typed(1, (buffer) => new Uint8Array(buffer));

const arrayReaders: Readonly<Partial<Record<Primitive, ReadMany>>> = {
  byte: octets,
  char: octets,
  uint8: octets,
  int8: typed(1, (buffer) => new Int8Array(buffer)),
  int16: typed(2, (buffer) => new Int16Array(buffer)),
  uint16: typed(2, (buffer) => new Uint16Array(buffer)),
  int32: typed(4, (buffer) => new Int32Array(buffer)),
  uint32: typed(4, (buffer) => new Uint32Array(buffer)),
  int64: typed(8, (buffer) => new BigInt64Array(buffer)),
  uint64: typed(8, (buffer) => new BigUint64Array(buffer)),
  float32: typed(4, (buffer) => new Float32Array(buffer)),
  float64: typed(8, (buffer) => new Float64Array(buffer)),
};
