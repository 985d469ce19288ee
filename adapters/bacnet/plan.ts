import type { ReadSpec } from "./wire/services/property-access.ts";
import { objectKey, sameObject, type ObjectId, type PropertyRef } from "./wire/value.ts";
import { PropertyIdentifier as P } from "./wire/vocabulary.ts";

/** One property that is wanted. */
export interface Wanted extends PropertyRef {
  readonly object: ObjectId;
}

/** What one request may be and what its answer may become, in octets of service data. */
export interface ReadBudget {
  readonly request: number;
  readonly answer: number;
}

/** One request: what it asks, and which of the wanted it answers (indices into the list that was planned). */
export interface ReadChunk {
  readonly specs: readonly ReadSpec[];
  readonly wanted: readonly number[];
}

/** Objects in one request at most: some devices keep a table of that size, and a lost request loses no more. */
const maxPerRequest = 200;

/**
 * Cuts a list of properties into ReadPropertyMultiple requests. Properties of one object go together, because the object is
 * then named once; a chunk ends where the request or the expected answer would outgrow its budget.
 */
export function planReads(wanted: readonly Wanted[], budget: ReadBudget): ReadChunk[] {
  const chunks: ReadChunk[] = [];
  let specs: ReadSpec[] = [];
  let members: number[] = [];
  let request = 0;
  let answer = 0;
  const close = () => {
    if (members.length > 0) chunks.push({ specs, wanted: members });
    [specs, members, request, answer] = [[], [], 0, 0];
  };
  for (const index of byObject(wanted)) {
    const item = wanted[index]!;
    const last = specs.at(-1);
    const goesOn = last !== undefined && sameObject(last.object, item.object);
    const asks = propertyOctets(item) + (goesOn ? 0 : 7);
    const brings = propertyOctets(item) + 2 + expectedOctets(item) + (goesOn ? 0 : 7);
    if (members.length > 0 && (request + asks > budget.request || answer + brings > budget.answer || members.length >= maxPerRequest))
      close();
    const open = specs.at(-1);
    const ref: PropertyRef = item.index === undefined ? { property: item.property } : { property: item.property, index: item.index };
    if (open !== undefined && sameObject(open.object, item.object))
      specs[specs.length - 1] = { ...open, properties: [...open.properties, ref] };
    else specs.push({ object: item.object, properties: [ref] });
    members.push(index);
    request += asks;
    answer += brings;
  }
  close();
  return chunks;
}

/** Indices with the properties of one object side by side, objects in the order in which they first appear. */
function byObject(wanted: readonly Wanted[]): number[] {
  const groups = new Map<number, number[]>();
  wanted.forEach(({ object }, index) => {
    const key = objectKey(object);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  return [...groups.values()].flat();
}

function propertyOctets(ref: PropertyRef): number {
  return (ref.property < 256 ? 2 : ref.property < 65_536 ? 3 : 4) + (ref.index === undefined ? 0 : 3);
}

/** A guess that is right for numbers and generous for text; a device that cannot keep to it says so and is believed. */
function expectedOctets({ property, index, object }: Wanted): number {
  switch (property) {
    case P.PRESENT_VALUE:
      return object.type === 40 ? 64 : 9;
    case P.STATUS_FLAGS:
      return 3;
    case P.OBJECT_NAME:
    case P.DESCRIPTION:
    case P.ACTIVE_TEXT:
    case P.INACTIVE_TEXT:
    case P.DEVICE_TYPE:
    case P.MODEL_NAME:
    case P.VENDOR_NAME:
      return 40;
    case P.STATE_TEXT:
      return index === undefined ? 160 : 24;
    case P.PRIORITY_ARRAY:
      return index === undefined ? 80 : 9;
    case P.OBJECT_LIST:
      return index === undefined ? 1_200 : 5;
    case P.WEEKLY_SCHEDULE:
    case P.EXCEPTION_SCHEDULE:
    case P.DATE_LIST:
      return 400;
    default:
      return 9;
  }
}
