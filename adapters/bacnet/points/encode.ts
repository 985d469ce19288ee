import type { Value } from "#msgs/point.ts";
import type { PointAddress, WriteType } from "../address.ts";
import { encodeAs } from "./encode-as.ts";
import { writeCalendar, writeEffectivePeriod, writeExceptions, writeWeek } from "../schedule/write.ts";
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

const valueProperties = new Set<number>([
  P.PRESENT_VALUE,
  P.RELINQUISH_DEFAULT,
  P.PRIORITY_ARRAY,
  P.ALARM_VALUE,
  P.HIGH_LIMIT,
  P.LOW_LIMIT,
  P.DEADBAND,
  P.COV_INCREMENT,
]);

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
