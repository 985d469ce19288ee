import type { Found } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { formatObject } from "../address.ts";
import type { Conversation, Got } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import type { Wanted } from "../plan.ts";
import type { BacnetValue, ObjectId } from "../wire/value.ts";
import { ObjectType as O, PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { slug, type Names } from "./naming.ts";
import { ucumOf } from "./units.ts";

export type FoundPoint = NonNullable<Found["point"]>;

const numbers = new Set<number>([
  O.ANALOG_INPUT, O.ANALOG_OUTPUT, O.ANALOG_VALUE, O.LARGE_ANALOG_VALUE, O.INTEGER_VALUE, O.POSITIVE_INTEGER_VALUE, O.ACCUMULATOR,
  O.PULSE_CONVERTER, O.LOOP, O.AVERAGING, O.LIGHTING_OUTPUT,
]); // prettier-ignore
const booleans = new Set<number>([O.BINARY_INPUT, O.BINARY_OUTPUT, O.BINARY_VALUE, O.BINARY_LIGHTING_OUTPUT, O.CALENDAR]);
const states = new Set<number>([
  O.MULTI_STATE_INPUT, O.MULTI_STATE_OUTPUT, O.MULTI_STATE_VALUE, O.LIFE_SAFETY_POINT, O.LIFE_SAFETY_ZONE, O.ACCESS_DOOR, O.COMMAND, O.LOAD_CONTROL,
]); // prettier-ignore
const texts = new Set<number>([
  O.CHARACTERSTRING_VALUE, O.BITSTRING_VALUE, O.OCTETSTRING_VALUE, O.DATE_VALUE, O.TIME_VALUE, O.DATETIME_VALUE, O.DATEPATTERN_VALUE,
  O.TIMEPATTERN_VALUE, O.DATETIMEPATTERN_VALUE, O.SCHEDULE,
]); // prettier-ignore
const outputs = new Set<number>([
  O.ANALOG_OUTPUT,
  O.BINARY_OUTPUT,
  O.MULTI_STATE_OUTPUT,
  O.LIGHTING_OUTPUT,
  O.BINARY_LIGHTING_OUTPUT,
  O.ACCESS_DOOR,
]);

/** Objects whose present value can be a point. Proprietary ones are offered as text: what they carry only the vendor knows. */
export function kindOf(object: ObjectId): PointKind | undefined {
  if (numbers.has(object.type)) return "number";
  if (booleans.has(object.type)) return "boolean";
  if (states.has(object.type)) return "state";
  if (texts.has(object.type) || object.type >= 128) return "text";
  return undefined;
}

function propertiesOf(object: ObjectId): number[] {
  const kind = kindOf(object);
  const common: number[] = [P.OBJECT_NAME, P.DESCRIPTION];
  if (kind === "number") common.push(P.UNITS, P.MIN_PRES_VALUE, P.MAX_PRES_VALUE);
  if (kind === "boolean" && object.type !== O.CALENDAR) common.push(P.INACTIVE_TEXT, P.ACTIVE_TEXT);
  if (kind === "state") common.push(P.STATE_TEXT);
  return common;
}

/** Names, units, limits and texts of many objects at once, and whether they can be commanded. */
export async function readDetails(
  conversation: Conversation,
  peer: Peer,
  objects: readonly ObjectId[],
  names: Names,
  signal: AbortSignal,
): Promise<readonly FoundPoint[]> {
  const shown = objects.filter((object) => kindOf(object) !== undefined);
  const wanted: Wanted[] = [];
  const starts = shown.map((object) => {
    const start = wanted.length;
    for (const property of propertiesOf(object)) wanted.push({ object, property });
    // One slot is enough to see whether there are any.
    if (!outputs.has(object.type)) wanted.push({ object, property: P.PRIORITY_ARRAY, index: 16 });
    return start;
  });
  const got = await conversation.readAll(peer, wanted, signal);
  return shown.map((object, i) => {
    const at = new Map<number, Got>();
    for (let j = starts[i]!; j < (starts[i + 1] ?? wanted.length); j++) at.set(wanted[j]!.property, got[j]!);
    return pointOf(object, (property) => valuesOf(at.get(property)), names);
  });
}

function pointOf(object: ObjectId, of: (property: number) => readonly BacnetValue[], names: Names): FoundPoint {
  const text = (property: number) => first(of(property), "text");
  const name = text(P.OBJECT_NAME) ?? "";
  const units = first(of(P.UNITS), "enumerated");
  const unit = units === undefined ? undefined : ucumOf(units);
  const title = text(P.DESCRIPTION) || name;
  const states = statesOf(object, of);
  const range = rangeOf(of);
  return {
    id: names.take(slug(name, formatObject(object).replace(":", "-"))),
    address: formatObject(object),
    kind: kindOf(object)!,
    ...(title !== "" && { title }),
    ...(unit !== undefined && { unit }),
    writable: outputs.has(object.type) || of(P.PRIORITY_ARRAY).length > 0,
    ...(states && { states }),
    ...(range && { range }),
  };
}

function statesOf(object: ObjectId, of: (property: number) => readonly BacnetValue[]): Record<number, string> | undefined {
  if (kindOf(object) === "boolean") {
    const [off, on] = [first(of(P.INACTIVE_TEXT), "text"), first(of(P.ACTIVE_TEXT), "text")];
    return off !== undefined && on !== undefined ? { 0: off, 1: on } : undefined;
  }
  // States count from one.
  const named = of(P.STATE_TEXT).flatMap((value, i) => (value.type === "text" ? [[i + 1, value.value] as const] : []));
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}

function rangeOf(of: (property: number) => readonly BacnetValue[]): { min: number; max: number } | undefined {
  const number = (property: number) => {
    const [value] = of(property);
    return value && (value.type === "real" || value.type === "double" || value.type === "unsigned" || value.type === "signed")
      ? Number(value.value)
      : undefined;
  };
  const [min, max] = [number(P.MIN_PRES_VALUE), number(P.MAX_PRES_VALUE)];
  // Devices that have no limits say so with the largest number there is, or with two equal ones.
  return min !== undefined && max !== undefined && min < max && Math.abs(min) < 1e30 && Math.abs(max) < 1e30 ? { min, max } : undefined;
}

function valuesOf(got: Got | undefined): readonly BacnetValue[] {
  return got && "values" in got ? got.values : [];
}

function first<T extends "text" | "enumerated">(values: readonly BacnetValue[], type: T): (T extends "text" ? string : number) | undefined {
  const [value] = values;
  return value?.type === type ? (value.value as T extends "text" ? string : number) : undefined;
}
