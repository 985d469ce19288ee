import type { PointKind, Value } from "#msgs/point.ts";

/** What is needed of a point to write its value. */
export interface Written {
  readonly kind: PointKind;
  readonly range?: { readonly min: number; readonly max: number };
  readonly states?: Readonly<Record<string, string>>;
  readonly binding?: { readonly scale?: { readonly gain: number } };
}

const decimalsMax = 6;

/**
 * How many decimals a number of this point is always shown with, so that digits do not dance: as many as its scale can
 * express, else what gives about four digits over its range. Undefined: as many as the number has.
 */
export function decimalsOf(point: Written): number | undefined {
  const gain = point.binding?.scale?.gain;
  if (gain !== undefined && gain !== 0) return clamp(Math.ceil(-Math.log10(Math.abs(gain)) - 1e-9), 0, decimalsMax);
  if (!point.range) return undefined;
  const span = point.range.max - point.range.min;
  return span > 0 ? clamp(3 - Math.floor(Math.log10(span / 2)), 0, 3) : 2;
}

/** A value as people read it, without its unit; null is a dash. */
export function valueText(point: Written, value: Value | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return point.states?.[value ? "1" : "0"] ?? (value ? "on" : "off");
  if (point.kind === "boolean") return point.states?.[String(value)] ?? (value !== 0 ? "on" : "off");
  if (point.kind === "state") return point.states?.[String(value)] ?? String(value);
  return numberText(value, decimalsOf(point));
}

function numberText(value: number, decimals: number | undefined): string {
  if (!Number.isFinite(value)) return String(value);
  if (decimals !== undefined) return grouped(withoutMinusZero(value.toFixed(decimals)));
  if (Number.isInteger(value)) return grouped(String(value));
  return Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4 ? value.toExponential(3) : grouped(String(Number(value.toPrecision(6))));
}

/** Thin spaces between thousands: unlike commas and dots they mean the same everywhere. */
function grouped(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const spaced = whole.replace(/(?<=\d)(?=(\d{3})+$)/g, "\u2009");
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

function withoutMinusZero(text: string): string {
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
