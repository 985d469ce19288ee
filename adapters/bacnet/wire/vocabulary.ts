import {
  AbortReason,
  EngineeringUnits,
  ErrorClass,
  ErrorCode,
  EventState,
  EventType,
  NotifyType,
  ObjectType,
  PropertyIdentifier,
  RejectReason,
  Reliability,
  Segmentation,
} from "@bacnet-js/client/dist/lib/enum.js";

/** The standard's own names, lower case with hyphens, and their numbers; the library keeps the list. */
export interface Vocabulary {
  /** The name, or the number as text where nobody standardised one. */
  name(value: number): string;
  /** The number of a name, or of a number written out; undefined when it is neither. */
  number(name: string): number | undefined;
  readonly names: readonly string[];
}

export const objectTypes = vocabulary(ObjectType);
export const properties = vocabulary(PropertyIdentifier);
export const engineeringUnits = vocabulary(EngineeringUnits);
export const reliabilities = vocabulary(Reliability);
export const eventTypes = vocabulary(EventType);
export const eventStates = vocabulary(EventState);
export const notifyTypes = vocabulary(NotifyType);
export const errorClasses = vocabulary(ErrorClass);
export const errorCodes = vocabulary(ErrorCode);
export const abortReasons = vocabulary(AbortReason);
export const rejectReasons = vocabulary(RejectReason);
export const segmentations = vocabulary(Segmentation);

export { ErrorClass, ErrorCode, EventState, ObjectType, PropertyIdentifier, Reliability, AbortReason, RejectReason, Segmentation };

function vocabulary(numbers: object): Vocabulary {
  const byNumber = new Map<number, string>();
  const byName = new Map<string, number>();
  for (const [word, value] of Object.entries(numbers)) {
    if (typeof value !== "number") continue;
    const name = word.toLowerCase().replaceAll("_", "-");
    byName.set(name, value);
    if (!byNumber.has(value)) byNumber.set(value, name);
  }
  return {
    name: (value) => byNumber.get(value) ?? String(value),
    number: (name) => byName.get(name) ?? (/^\d{1,7}$/.test(name) ? Number(name) : undefined),
    names: [...byName.keys()],
  };
}
