import type { Value } from "#msgs/point.ts";
import { parseObject, type PointAddress, type WriteType } from "../address.ts";
import { writeCalendar, writeEffectivePeriod, writeExceptions, writeWeek } from "../schedule/write.ts";
import { parseDate, parseTimeOfDay } from "../wire/date-time.ts";
import type { BacnetValue } from "../wire/value.ts";
import { ObjectType, PropertyIdentifier as P } from "../wire/vocabulary.ts";

/** The value in the type this property carries, or in words why it cannot be. */
export function encodeValue(address: PointAddress, value: Value): readonly BacnetValue[] | string {
  const structured = structure(address, value);
  if (structured !== undefined) return structured;
  const type = address.as ?? typeOf(address);
  if (type === undefined) return "what type this property carries is not known; add ;as=real (or unsigned, text, …) to the address";
  const encoded = encodeAs(type, value);
  return encoded === undefined ? `${JSON.stringify(value)} cannot be written as ${type}` : [encoded];
}

export function typeOf({ object, property }: Pick<PointAddress, "object" | "property">): WriteType | undefined {
  const known = propertyTypes.get(property);
  if (known !== undefined) return known;
  if (!valueProperties.has(property)) return undefined;
  if (enumeratedTypes.has(object.type)) return "enumerated";
  return objectValueTypes.get(object.type);
}

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
      return text !== undefined && /^([0-9a-f]{2}){0,1024}$/i.test(text) ? { type, value: Uint8Array.from(Buffer.from(text, "hex")) } : undefined;
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

/** Schedules and calendars are written as the JSON they are read as. */
function structure({ property, index }: PointAddress, value: Value): readonly BacnetValue[] | string | undefined {
  const writer = index === undefined ? structures.get(property) : undefined;
  if (!writer) return undefined;
  if (typeof value !== "string") return "a schedule is written as JSON text";
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return "this is not JSON";
  }
  return writer(parsed);
}

const structures = new Map<number, (value: unknown) => readonly BacnetValue[] | string>([
  [P.WEEKLY_SCHEDULE, writeWeek],
  [P.EXCEPTION_SCHEDULE, writeExceptions],
  [P.DATE_LIST, writeCalendar],
  [P.EFFECTIVE_PERIOD, writeEffectivePeriod],
]);

const valueProperties = new Set<number>([P.PRESENT_VALUE, P.RELINQUISH_DEFAULT, P.PRIORITY_ARRAY, P.ALARM_VALUE, P.HIGH_LIMIT, P.LOW_LIMIT, P.DEADBAND, P.COV_INCREMENT]);

const enumeratedTypes = new Set<number>([
  ObjectType.BINARY_INPUT,
  ObjectType.BINARY_OUTPUT,
  ObjectType.BINARY_VALUE,
  ObjectType.ACCESS_DOOR,
  ObjectType.BINARY_LIGHTING_OUTPUT,
  ObjectType.LIFE_SAFETY_POINT,
  ObjectType.LIFE_SAFETY_ZONE,
]);

const objectValueTypes = new Map<number, WriteType>([
  [ObjectType.ANALOG_INPUT, "real"],
  [ObjectType.ANALOG_OUTPUT, "real"],
  [ObjectType.ANALOG_VALUE, "real"],
  [ObjectType.LOOP, "real"],
  [ObjectType.LIGHTING_OUTPUT, "real"],
  [ObjectType.PULSE_CONVERTER, "real"],
  [ObjectType.LARGE_ANALOG_VALUE, "double"],
  [ObjectType.MULTI_STATE_INPUT, "unsigned"],
  [ObjectType.MULTI_STATE_OUTPUT, "unsigned"],
  [ObjectType.MULTI_STATE_VALUE, "unsigned"],
  [ObjectType.ACCUMULATOR, "unsigned"],
  [ObjectType.POSITIVE_INTEGER_VALUE, "unsigned"],
  [ObjectType.INTEGER_VALUE, "signed"],
  [ObjectType.CHARACTERSTRING_VALUE, "text"],
  [ObjectType.OCTETSTRING_VALUE, "octets"],
  [ObjectType.BITSTRING_VALUE, "bits"],
  [ObjectType.DATE_VALUE, "date"],
  [ObjectType.DATEPATTERN_VALUE, "date"],
  [ObjectType.TIME_VALUE, "time"],
  [ObjectType.TIMEPATTERN_VALUE, "time"],
  [ObjectType.COMMAND, "unsigned"],
]);

const propertyTypes = new Map<number, WriteType>([
  [P.OUT_OF_SERVICE, "boolean"],
  [P.DESCRIPTION, "text"],
  [P.OBJECT_NAME, "text"],
  [P.UNITS, "enumerated"],
  [P.RELIABILITY, "enumerated"],
  [P.COV_INCREMENT, "real"],
  [P.NOTIFICATION_CLASS, "unsigned"],
  [P.TIME_DELAY, "unsigned"],
  [P.SETPOINT, "real"],
  [P.PRIORITY_FOR_WRITING, "unsigned"],
]);
