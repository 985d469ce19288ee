import { ErrorClass, ErrorCode, PropertyIdentifier } from "../wire/vocabulary.ts";
import { ServiceRefusal } from "../transaction/responder.ts";
import type { BacnetValue, ObjectId } from "../wire/value.ts";

/** How a write came: at which priority, to which element, from whom. */
export interface WriteHow {
  readonly priority?: number;
  readonly index?: number;
  readonly from: string;
}

/** One property of a served object. Reading asks the source each time; nothing is kept twice. */
export type Property =
  | {
      readonly read: () => readonly BacnetValue[];
      readonly write?: (values: readonly BacnetValue[], how: WriteHow) => void | Promise<void>;
    }
  /** An array: elements count from 1, and element 0 is their number. */
  | {
      readonly elements: () => readonly (readonly BacnetValue[])[];
      readonly write?: (values: readonly BacnetValue[], how: WriteHow) => void | Promise<void>;
    };

export interface ServedObject {
  readonly id: ObjectId;
  readonly name: string;
  readonly properties: ReadonlyMap<number, Property>;
  /** How far a value must move before subscribers hear of it; absent where every change counts. */
  covIncrement?: number;
}

export function readProperty(object: ServedObject, property: number, index?: number): readonly BacnetValue[] {
  const found = object.properties.get(property);
  if (!found) throw refusal(ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
  if (!("elements" in found)) {
    if (index !== undefined) throw refusal(ErrorClass.PROPERTY, ErrorCode.PROPERTY_IS_NOT_AN_ARRAY);
    return found.read();
  }
  const elements = found.elements();
  if (index === undefined) return elements.flat();
  if (index === 0) return [{ type: "unsigned", value: elements.length }];
  const element = elements[index - 1];
  if (!element) throw refusal(ErrorClass.PROPERTY, ErrorCode.INVALID_ARRAY_INDEX);
  return element;
}

export function writeProperty(object: ServedObject, property: number, values: readonly BacnetValue[], how: WriteHow): void | Promise<void> {
  const found = object.properties.get(property);
  if (!found) throw refusal(ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
  if (!found.write) throw refusal(ErrorClass.PROPERTY, ErrorCode.WRITE_ACCESS_DENIED);
  return found.write(values, how);
}

/** What "all" in a multiple read stands for; the list of properties itself is not part of it. */
export function listed(object: ServedObject): number[] {
  return [...object.properties.keys()].filter((property) => property !== PropertyIdentifier.PROPERTY_LIST);
}

export function refusal(errorClass: number, errorCode: number): ServiceRefusal {
  return new ServiceRefusal({ kind: "error", errorClass, errorCode });
}

/** Adds what every object has: its identifier, name, type and list of properties. */
export function withIdentity(id: ObjectId, name: string, own: Iterable<readonly [number, Property]>): Map<number, Property> {
  const properties = new Map<number, Property>([
    [PropertyIdentifier.OBJECT_IDENTIFIER, constant({ type: "object", value: id })],
    [PropertyIdentifier.OBJECT_NAME, constant({ type: "text", value: name })],
    [PropertyIdentifier.OBJECT_TYPE, constant({ type: "enumerated", value: id.type })],
    ...own,
  ]);
  const unlisted = new Set<number>([
    PropertyIdentifier.OBJECT_IDENTIFIER,
    PropertyIdentifier.OBJECT_NAME,
    PropertyIdentifier.OBJECT_TYPE,
    PropertyIdentifier.PROPERTY_LIST,
  ]);
  properties.set(PropertyIdentifier.PROPERTY_LIST, {
    elements: () => [...properties.keys()].filter((p) => !unlisted.has(p)).map((p) => [{ type: "enumerated", value: p } as const]),
  });
  return properties;
}

export function constant(...values: BacnetValue[]): Property {
  return { read: () => values };
}
