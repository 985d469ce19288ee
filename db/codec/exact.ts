import { deserialize, serialize } from "node:v8";

/**
 * Any plain data as bytes. JSON where JSON says it exactly, so that a person can read a journal with the sqlite3 shell; V8's
 * structured form where it does not (NaN, −0, maps, typed arrays, an `undefined` field). The first byte tells which.
 */
const asJson = 0x4a; // "J"
const asStructure = 0x56; // "V"

export function encodeExact(value: unknown): Uint8Array {
  const exact = saysJson(value, 0);
  const body = exact ? Buffer.from(JSON.stringify(value), "utf8") : serialize(value);
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = exact ? asJson : asStructure;
  bytes.set(body, 1);
  return bytes;
}

export function decodeExact(bytes: Uint8Array): unknown {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1);
  if (bytes[0] === asJson) return JSON.parse(body.toString("utf8"));
  if (bytes[0] === asStructure) return deserialize(body);
  throw new Error(`stored data starts with ${bytes[0]}, which is neither JSON nor a structure`);
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
