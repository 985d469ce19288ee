import type { LatestValue } from "#src/contract/gateway.ts";
import type { Point, Value } from "#msgs/point.ts";
import { isGood } from "#msgs/quality.ts";
import { isNear } from "./evidence.ts";
import type { Refusal } from "./gates.ts";

/** Longer text than any device takes. */
const textAtMost = 4_096;

/** Whether this value can stand in this point at all: its kind, its range, its limits. */
export function refuseValue(point: Point, value: Value): Refusal | undefined {
  if (point.kind === "boolean") return typeof value === "boolean" ? undefined : wrongKind(point, value, "true or false");
  if (point.kind === "text") return refuseText(point, value);
  if (typeof value !== "number" || !Number.isFinite(value)) return wrongKind(point, value, "a finite number");
  if (point.kind === "state") return refuseState(point, value);
  return refuseNumber(point, value);
}

/** A jump larger than the point allows, measured from what the plant shows now. */
export function refuseStep(point: Point, value: Value, latest: LatestValue | undefined): Refusal | undefined {
  const maxStep = point.control?.limits?.maxStep;
  if (maxStep === undefined || typeof value !== "number") return undefined;
  if (!latest || !isGood(latest.quality) || typeof latest.value !== "number") {
    return { code: "step-unknown", message: `${point.id} may move by at most ${shown(point, maxStep)} and its present value is not known` };
  }
  const step = Math.abs(value - latest.value);
  if (step <= maxStep) return undefined;
  return {
    code: "step-too-large",
    message: `${point.id} stands at ${shown(point, latest.value)}; ${shown(point, value)} is a step of ${shown(point, step)}, at most ${shown(point, maxStep)} is allowed`,
  };
}

/** The person decided on a value that is no longer what the plant shows. */
export function refuseChanged(point: Point, expected: Value, latest: LatestValue | undefined): Refusal | undefined {
  const now = latest && isGood(latest.quality) ? latest.value : null;
  if (now === null) return { code: "not-as-seen", message: `${point.id} was seen at ${shown(point, expected)} and has no good value now` };
  if (isNear(now, expected, point.control?.evidence.tolerance ?? 0)) return undefined;
  return { code: "not-as-seen", message: `${point.id} was seen at ${shown(point, expected)} and is now at ${shown(point, now)}` };
}

function refuseText(point: Point, value: Value): Refusal | undefined {
  if (typeof value !== "string") return wrongKind(point, value, "text");
  if (value.length <= textAtMost) return undefined;
  return { code: "out-of-range", message: `${point.id} takes at most ${textAtMost} characters, this is ${value.length}` };
}

function refuseState(point: Point, value: number): Refusal | undefined {
  if (Number.isInteger(value) && (!point.states || value in point.states)) return undefined;
  const known = Object.entries(point.states ?? {}).map(([number, word]) => `${number} ${word}`);
  return { code: "out-of-range", message: `${point.id} has no state ${value}${known.length > 0 ? ` (${known.join(", ")})` : ""}` };
}

function refuseNumber(point: Point, value: number): Refusal | undefined {
  const limits = point.control?.limits;
  const min = Math.max(point.range?.min ?? -Infinity, limits?.min ?? -Infinity);
  const max = Math.min(point.range?.max ?? Infinity, limits?.max ?? Infinity);
  if (value >= min && value <= max) return undefined;
  return { code: "out-of-range", message: `${point.id} takes ${shown(point, min)} to ${shown(point, max)}, not ${shown(point, value)}` };
}

function wrongKind(point: Point, value: Value, wants: string): Refusal {
  return {
    code: "wrong-kind",
    message: `${point.id} takes ${wants}, not ${typeof value === "string" ? `"${value.slice(0, 40)}"` : String(value)}`,
  };
}

function shown(point: Point, value: Value): string {
  return `${String(value)}${point.unit && typeof value === "number" ? ` ${point.unit}` : ""}`;
}
