import type { Timers } from "#src/contract/clock.ts";
import { ErrorClass, ErrorCode, ObjectType, PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { bits, enumerated, real, text, unsigned, type BacnetValue, type ObjectId } from "../wire/value.ts";
import { familyOf, type Family } from "./family.ts";
import { PriorityArray } from "./priority-array.ts";
import { constant, refusal, withIdentity, type Property, type ServedObject, type WriteHow } from "./property.ts";

/** A value as the object's owner knows it, in the type the object carries. */
export type PointValue = number | boolean | string;

export interface PointObjectSpec {
  readonly id: ObjectId;
  readonly name: string;
  readonly description?: string;
  readonly units?: number;
  readonly stateTexts?: readonly string[];
  readonly limits?: { readonly low: number; readonly high: number };
  readonly covIncrement?: number;
  /** Reads the value now; undefined while there is none. */
  readonly read: () => PointValue | undefined;
  /** 0 no fault; anything else sets the fault flag. */
  readonly reliability?: () => number;
  readonly outOfService?: () => boolean;
  readonly overridden?: () => boolean;
  readonly eventState?: () => number;
  /** With sixteen slots: what holds when all are empty, and who is told the effective value. */
  readonly commandable?: {
    readonly default: PointValue;
    readonly apply: (value: PointValue) => void;
    readonly minimum?: { readonly onSeconds: number; readonly offSeconds: number; readonly timers: Timers };
  };
  /** Without slots: takes the value as written, or throws a ServiceRefusal. */
  readonly write?: (value: PointValue | null, how: WriteHow) => void | Promise<void>;
  /** Shown as the priority array by an owner that keeps the slots elsewhere. */
  readonly slots?: () => readonly (PointValue | null)[];
  readonly relinquishDefault?: PointValue;
  readonly more?: Iterable<readonly [number, Property]>;
}

export interface PointObject extends ServedObject {
  readonly array?: PriorityArray;
}

/** An object with a present value, status flags and what goes with them; the type decides how the value is encoded. */
export function pointObject(spec: PointObjectSpec): PointObject {
  const { id, commandable } = spec;
  const encode = (value: PointValue | undefined): BacnetValue => (value === undefined ? emptyOf(id.type) : encodePoint(id.type, value));
  const array =
    commandable &&
    new PriorityArray({
      default: encode(commandable.default),
      apply: (value) => commandable.apply(decodePoint(value)),
      ...(commandable.minimum && { minimum: commandable.minimum }),
    });
  const checked = (values: readonly BacnetValue[]): BacnetValue => {
    const [value] = values;
    if (values.length !== 1 || !value) throw refusal(ErrorClass.PROPERTY, ErrorCode.INVALID_DATA_TYPE);
    if (value.type === "null" && (array || spec.slots)) return value;
    return checkValue(spec, value);
  };
  const write = array
    ? (values: readonly BacnetValue[], how: WriteHow) => array.write(checked(values), how.priority ?? 16)
    : spec.write && ((values: readonly BacnetValue[], how: WriteHow) => spec.write!(pointOrNull(checked(values)), how));
  const reliability = () => spec.reliability?.() ?? 0;
  const own = new Map<number, Property>([
    [P.PRESENT_VALUE, { read: () => [encode(spec.read())], ...(write && { write }) }],
    [
      P.STATUS_FLAGS,
      {
        read: () => [
          bits((spec.eventState?.() ?? 0) !== 0, reliability() !== 0, spec.overridden?.() ?? false, spec.outOfService?.() ?? false),
        ],
      },
    ],
    [P.EVENT_STATE, { read: () => [enumerated(spec.eventState?.() ?? 0)] }],
    [P.RELIABILITY, { read: () => [enumerated(reliability())] }],
    [P.OUT_OF_SERVICE, { read: () => [{ type: "boolean", value: spec.outOfService?.() ?? false }] }],
  ]);
  if (spec.description !== undefined) own.set(P.DESCRIPTION, constant(text(spec.description)));
  describe(own, spec);
  if (array) {
    own.set(P.PRIORITY_ARRAY, { elements: () => array.slots.map((slot) => [slot]) });
    own.set(P.RELINQUISH_DEFAULT, constant(encode(commandable.default)));
    if (commandable.minimum) {
      own.set(P.MINIMUM_ON_TIME, constant(unsigned(commandable.minimum.onSeconds)));
      own.set(P.MINIMUM_OFF_TIME, constant(unsigned(commandable.minimum.offSeconds)));
    }
  } else if (spec.slots) {
    const { slots } = spec;
    own.set(P.PRIORITY_ARRAY, {
      elements: () => slots().map((slot): BacnetValue[] => [slot === null ? { type: "null" } : encode(slot)]),
    });
    own.set(P.RELINQUISH_DEFAULT, { read: () => [encode(spec.relinquishDefault ?? spec.read())] });
  }
  for (const [property, source] of spec.more ?? []) own.set(property, source);
  return {
    id,
    name: spec.name,
    properties: withIdentity(id, spec.name, own),
    ...(array && { array }),
    ...(spec.covIncrement !== undefined && { covIncrement: spec.covIncrement }),
  };
}

function describe(own: Map<number, Property>, spec: PointObjectSpec): void {
  const family = familyOf(spec.id.type);
  if (family === "analog" || family === "integer") {
    own.set(P.UNITS, constant(enumerated(spec.units ?? 95)));
    if (spec.limits) {
      const limit = (value: number): BacnetValue => encodePoint(spec.id.type, value);
      own.set(P.MIN_PRES_VALUE, constant(limit(spec.limits.low)));
      own.set(P.MAX_PRES_VALUE, constant(limit(spec.limits.high)));
    }
    if (spec.covIncrement !== undefined) own.set(P.COV_INCREMENT, constant(real(spec.covIncrement)));
  }
  if (family === "binary") {
    if (spec.id.type !== ObjectType.BINARY_VALUE) own.set(P.POLARITY, constant(enumerated(0)));
    if (spec.stateTexts) {
      own.set(P.INACTIVE_TEXT, constant(text(spec.stateTexts[0] ?? "inactive")));
      own.set(P.ACTIVE_TEXT, constant(text(spec.stateTexts[1] ?? "active")));
    }
  }
  if (family === "states") {
    const texts = spec.stateTexts ?? [];
    own.set(P.NUMBER_OF_STATES, constant(unsigned(Math.max(1, texts.length))));
    own.set(P.STATE_TEXT, { elements: () => texts.map((state) => [text(state)]) });
  }
}

export function encodePoint(type: number, value: PointValue): BacnetValue {
  switch (familyOf(type)) {
    case "analog":
      return type === ObjectType.LARGE_ANALOG_VALUE ? { type: "double", value: Number(value) } : real(Number(value));
    case "integer":
      return type === ObjectType.INTEGER_VALUE
        ? { type: "signed", value: Math.round(Number(value)) }
        : unsigned(Math.max(0, Math.round(Number(value))));
    case "binary":
      return enumerated(value === true || value === 1 ? 1 : 0);
    case "states":
      return unsigned(Math.max(1, Math.round(Number(value))));
    default:
      return typeof value === "string" ? text(value) : real(Number(value));
  }
}

export function decodePoint(value: BacnetValue): PointValue {
  switch (value.type) {
    case "real":
    case "double":
    case "enumerated":
      return value.value;
    case "unsigned":
    case "signed":
      return Number(value.value);
    case "boolean":
    case "text":
      return value.value;
    default:
      throw refusal(ErrorClass.PROPERTY, ErrorCode.INVALID_DATA_TYPE);
  }
}

function pointOrNull(value: BacnetValue): PointValue | null {
  return value.type === "null" ? null : decodePoint(value);
}

function emptyOf(type: number): BacnetValue {
  const family = familyOf(type);
  if (family === "text") return text("");
  return family === "analog" ? encodePoint(type, Number.NaN) : encodePoint(type, 0);
}

const takes: Readonly<Record<Family, readonly BacnetValue["type"][]>> = {
  analog: ["real", "double"],
  integer: ["unsigned", "signed"],
  binary: ["enumerated"],
  states: ["unsigned"],
  text: ["text"],
  other: ["real", "text", "unsigned", "signed", "enumerated", "boolean"],
};

function checkValue(spec: PointObjectSpec, value: BacnetValue): BacnetValue {
  const family = familyOf(spec.id.type);
  if (!takes[family].includes(value.type)) throw refusal(ErrorClass.PROPERTY, ErrorCode.INVALID_DATA_TYPE);
  const number = "value" in value && typeof value.value === "number" ? value.value : undefined;
  const { low = -Infinity, high = Infinity } = spec.limits ?? {};
  const most = family === "states" ? (spec.stateTexts?.length ?? Infinity) : family === "binary" ? 1 : high;
  const least = family === "states" ? 1 : family === "binary" ? 0 : low;
  if (number !== undefined && (Number.isNaN(number) || number < least || number > most)) {
    throw refusal(ErrorClass.PROPERTY, ErrorCode.VALUE_OUT_OF_RANGE);
  }
  return value;
}
