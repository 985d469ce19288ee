import type { Value } from "#msgs/point.ts";
import type { PointAddress } from "../address.ts";
import { encodeAs } from "./encode-as.ts";
import { writeCalendar, writeEffectivePeriod, writeExceptions, writeWeek } from "../schedule/write.ts";
import type { BacnetValue } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { typeOf } from "./value-type.ts";

/** The value in the type this property carries, or in words why it cannot be. */
export function encodeValue(address: PointAddress, value: Value): readonly BacnetValue[] | string {
  const structured = structure(address, value);
  if (structured !== undefined) return structured;
  const type = address.as ?? typeOf(address);
  if (type === undefined) return "what type this property carries is not known; add ;as=real (or unsigned, text, …) to the address";
  const encoded = encodeAs(type, value);
  return encoded === undefined ? `${JSON.stringify(value)} cannot be written as ${type}` : [encoded];
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
