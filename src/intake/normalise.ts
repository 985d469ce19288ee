import type { Reading } from "#src/contract/adapter.ts";
import type { Point, Value } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import { quality } from "#msgs/quality.ts";
import { usPerSecond } from "#msgs/time.ts";
import { scaled, unscaled } from "./scaling.ts";

/** A device clock this far ahead of ours is not believed; behind it may be by any amount (it may have buffered). */
const aheadAtMostUs = 60 * usPerSecond;

/** The quality a value deserves that its adapter did not call bad: the worst that can be said of it. */
export function qualityIn(point: Point, reading: Reading, value: Value | null, receivedAt: Timestamp, trusted: boolean): Quality {
  return Math.max(reading.quality, qualityOf(point, value), timeQuality(reading.sourceTime, receivedAt, trusted));
}

function qualityOf(point: Point, value: Value | null): number {
  if (value === null) return quality.badDevice;
  if (point.range && isOutside(point.range, point.kind === "number" ? Number(value) : value)) return quality.uncertainRange;
  return quality.good;
}

/** Integers beyond 2^53 come as decimal digits, and are compared as near as a double gets. */
function isOutside({ min, max }: NonNullable<Point["range"]>, value: Value): boolean {
  return typeof value === "number" && (value < min || value > max);
}

function timeQuality(sourceTime: Timestamp | undefined, receivedAt: Timestamp, trusted: boolean): number {
  if (!trusted) return quality.uncertainTime;
  if (sourceTime === undefined) return quality.good;
  return Number.isFinite(sourceTime) && sourceTime <= receivedAt + aheadAtMostUs ? quality.good : quality.uncertainTime;
}

/** Null when what came cannot be a value of this kind: not a number is not a value. */
export function valueIn(point: Point, raw: Value | null): Value | null {
  if (raw === null) return null;
  switch (point.kind) {
    case "text":
      return String(raw);
    case "boolean":
      return typeof raw === "string"
        ? (booleanWords.get(raw.toLowerCase()) ?? null)
        : typeof raw === "boolean"
          ? raw
          : finite(raw) !== null
            ? raw !== 0
            : null;
    case "state":
      return typeof raw === "string" ? decimal(raw) : finite(Number(raw));
    case "number":
      return numberIn(point, raw);
  }
}

const booleanWords = new Map([["true", true], ["on", true], ["1", true], ["false", false], ["off", false], ["0", false]]); // prettier-ignore

function numberIn(point: Point, raw: Value): Value | null {
  const scale = point.binding.scale;
  if (typeof raw === "string") {
    const number = decimal(raw);
    // Whole numbers beyond 2^53 keep their digits as text; scaling them would invent precision.
    if (!scale && /^-?\d+$/.test(raw) && !Number.isSafeInteger(number)) return raw;
    return number === null ? null : inUnit(number, scale);
  }
  return inUnit(Number(raw), scale);
}

function inUnit(number: number, scale: Point["binding"]["scale"]): number | null {
  return finite(scale ? scaled(number, scale) : number);
}

/**
 * A number as text: sign, digits, point, exponent. JavaScript would also read "" as 0, "0x10" as 16 and " 5 " as 5, and a
 * device that says one of these says something else than we think.
 */
const decimalForm = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function decimal(text: string): number | null {
  return decimalForm.test(text) ? finite(Number(text)) : null;
}

function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}

/** The way back: what the device must be told so that it shows this value. */
export function rawOf(point: Point, value: Value): Value {
  const scale = point.binding.scale;
  if (point.kind !== "number" || !scale || typeof value !== "number") return value;
  return unscaled(value, scale);
}
