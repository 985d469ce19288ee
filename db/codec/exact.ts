import { DefaultSerializer, deserialize } from "node:v8";

/**
 * Any plain data as bytes. JSON where JSON says it exactly, so that a person can read a journal with the sqlite3 shell; V8's
 * structured form where it does not (NaN, −0, maps, typed arrays, an `undefined` field). The first byte tells which.
 */
const asJson = 0x4a; // "J"
const asStructure = 0x56; // "V"

export function encodeExact(value: unknown): Uint8Array {
  if (saysJson(value, 0)) return jsonBytes(value);
  const serializer = new DefaultSerializer();
  serializer.writeRawBytes(Buffer.of(asStructure));
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

export function decodeExact(bytes: Uint8Array): unknown {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
  if (bytes[0] === asJson) return JSON.parse(body.toString("utf8"));
  if (bytes[0] === asStructure) return deserialize(body);
  throw new Error(`stored data starts with ${bytes[0]}, which is neither JSON nor a structure`);
}

/** Encoded data as JSON text, for who passes it on without looking into it. */
export function jsonOf(bytes: Uint8Array): Uint8Array {
  return bytes[0] === asJson ? bytes.subarray(1) : Buffer.from(JSON.stringify(decodeExact(bytes)), "utf8");
}

function jsonBytes(value: unknown): Uint8Array {
  if (isLong(value)) return Buffer.concat([Buffer.of(asJson), ...longJson(value)]);
  const text = JSON.stringify(value);
  const bytes = Buffer.allocUnsafeSlow(1 + Buffer.byteLength(text));
  bytes[0] = asJson;
  bytes.write(text, 1);
  return bytes;
}

/** A list of more than this is told in pieces: of a plant of a hundred thousand points one text would be made at several times its size. */
const longList = 1_000;

function isLong(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).some((field) => Array.isArray(field) && field.length > longList);
}

/** What JSON.stringify says of an object, its long lists in pieces. */
function* longJson(value: Record<string, unknown>): Generator<Buffer> {
  let before = "{";
  for (const [name, field] of Object.entries(value)) {
    yield Buffer.from(`${before}${JSON.stringify(name)}:`);
    if (Array.isArray(field) && field.length > longList) yield* listJson(field);
    else yield Buffer.from(JSON.stringify(field));
    before = ",";
  }
  yield Buffer.from("}");
}

function* listJson(list: readonly unknown[]): Generator<Buffer> {
  for (let from = 0; from < list.length; from += longList) {
    const items = JSON.stringify(list.slice(from, from + longList)).slice(1, -1);
    yield Buffer.from(`${from === 0 ? "[" : ","}${items}`);
  }
  yield Buffer.from("]");
}

const deepest = 64;

/** Whether JSON gives back the same thing. */
function saysJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || depth > deepest) return false;
  if (Array.isArray(value)) return value.every((item) => saysJson(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, "__proto__")) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  return Object.values(value).every((item) => saysJson(item, depth + 1));
}
