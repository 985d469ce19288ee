import type { Value } from "#msgs/point.ts";
import { parseObject, type WriteType } from "../address.ts";
import { parseDate, parseTimeOfDay } from "../wire/date-time.ts";
import type { BacnetValue } from "../wire/value.ts";

/** The value as this type, or undefined when it cannot be one. */
export function encodeAs(type: WriteType, value: Value): BacnetValue | undefined {
  const number = typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : undefined;
  const text = typeof value === "string" ? value : undefined;
  switch (type) {
    case "real":
    case "double":
      return number === undefined || !Number.isFinite(number) ? undefined : { type, value: number };
    case "unsigned":
    case "signed":
      return encodeInteger(type, value);
    case "enumerated":
      return number === undefined || !Number.isInteger(number) || number < 0 || number > 0xffff_ffff ? undefined : { type, value: number };
    case "boolean":
      return number === undefined ? undefined : { type, value: number !== 0 };
    case "text":
      return { type, value: String(value) };
    case "object": {
      const object = text === undefined ? undefined : parseObject(text);
      return object === undefined || typeof object === "string" ? undefined : { type, value: object };
    }
    case "date": {
      const date = text === undefined ? undefined : parseDate(text);
      return date && { type, value: date };
    }
    case "time": {
      const time = text === undefined ? undefined : parseTimeOfDay(text);
      return time && { type, value: time };
    }
    case "bits":
      return text !== undefined && /^[01]{0,256}$/.test(text) ? { type, value: [...text].map((bit) => bit === "1") } : undefined;
    case "octets":
      return text !== undefined && /^([0-9a-f]{2}){0,1024}$/i.test(text)
        ? { type, value: Uint8Array.from(Buffer.from(text, "hex")) }
        : undefined;
  }
}

function encodeInteger(type: "unsigned" | "signed", value: Value): BacnetValue | undefined {
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) {
    const big = BigInt(value);
    const fits = type === "unsigned" ? big >= 0n && big < 1n << 64n : big >= -(1n << 63n) && big < 1n << 63n;
    return fits ? { type, value: big } : undefined;
  }
  const number = Number(value);
  if (typeof value === "string" || !Number.isSafeInteger(number) || (type === "unsigned" && number < 0)) return undefined;
  return { type, value: number };
}
