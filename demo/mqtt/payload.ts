import type { MqttField, TimeFormat } from "../map/mqtt-map.ts";
import type { QuantityValue } from "../model/quantity.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Puts a value at a path such as `air.co2` or `readings[0].value`, making what is missing on the way. */
export function putAt(root: { [key: string]: Json }, path: string, value: Json): void {
  const keys = keysOf(path);
  const last = keys.pop();
  let place: Json = root;
  keys.forEach((key, depth) => {
    const next = keys[depth + 1] ?? last;
    place = stepInto(place, key, typeof next === "number");
  });
  if (last !== undefined) assign(place, last, value);
}

/** What lies at a path; undefined when there is nothing. */
export function valueAt(root: unknown, path: string): unknown {
  let place = root;
  for (const key of keysOf(path)) {
    if (typeof place !== "object" || place === null) return undefined;
    place = (place as Record<string | number, unknown>)[key];
  }
  return place;
}

/** The time as this device writes it. */
export function formatTime(ms: number, format: TimeFormat): number | string {
  if (format === "rfc3339") return new Date(ms).toISOString();
  return format === "unix-s" ? ms / 1000 : Math.round(ms);
}

/** A value with as many digits as the device sends. */
export function formatValue(value: QuantityValue, field: MqttField): QuantityValue {
  return typeof value === "number" && field.digits !== undefined ? Number(value.toFixed(field.digits)) : value;
}

function keysOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

function stepInto(place: Json, key: string | number, array: boolean): Json {
  const found = (place as Record<string | number, Json>)[key];
  if (found !== undefined) return found;
  const made: Json = array ? [] : {};
  assign(place, key, made);
  return made;
}

function assign(place: Json, key: string | number, value: Json): void {
  (place as Record<string | number, Json>)[key] = value;
}
