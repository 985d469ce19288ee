import type { Control, Device, Point, PointKind, Value } from "#msgs/point.ts";
import type { Binding } from "#src/contract/adapter.ts";
import { durationMs } from "./duration.ts";
import { rootArea } from "./plant-section.ts";
import type { Pool } from "./pool.ts";
import type { Path } from "./problem.ts";
import type { PointEntry } from "./schema.ts";

type Complain = (inside: Path, message: string) => void;

/** How often a point is asked for when nobody says. */
export const defaultPollMs = 1_000;

/** Where a point stands, and what it takes from there. */
export interface Around {
  readonly device: Device;
  readonly poll: string | undefined;
  readonly pool: Pool;
  readonly complain: Complain;
}

/** A point as the rest of the gateway knows it. `id` is whole. */
export function pointOf(entry: PointEntry, id: string, { device, poll, pool, complain }: Around): Point {
  checkPoint(entry, complain);
  const written = entry.poll ?? poll;
  const pollMs = written === undefined ? undefined : written === "never" ? 0 : durationMs(written);
  const { title, unit, range, states, tags } = entry;
  return {
    id,
    device: device.id,
    area: entry.area ?? device.area ?? rootArea,
    kind: pool.text(entry.kind) as PointKind,
    ...(title !== undefined && { title: pool.text(title) }),
    ...(unit !== undefined && { unit: pool.text(unit) }),
    ...(range && { range: pool.part(range) }),
    ...(states && { states: pool.part(states) as Readonly<Record<number, string>> }),
    ...(entry.staleAfter !== undefined && { staleAfterMs: durationMs(entry.staleAfter) }),
    ...(tags && { tags: pool.part(tags) }),
    binding: {
      adapter: device.adapter,
      address: pool.text(String(entry.address)),
      ...(entry.scale && { scale: pool.part(entry.scale) }),
      ...(pollMs !== undefined && { pollMs }),
    },
    ...(entry.control && { control: pool.part(controlOf(entry, entry.control, device.id, complain)) }),
  };
}

export function bindingOf(point: Point): Binding {
  const pollMs = point.binding.pollMs ?? defaultPollMs;
  return {
    point: point.id,
    device: point.device,
    address: point.binding.address,
    kind: point.kind,
    writable: point.control !== undefined,
    pollMs,
    ...(pollMs === 0 && point.staleAfterMs !== undefined && { speaksWithinMs: point.staleAfterMs }),
  };
}

/** Whether a value can be one of this kind of point. */
export function isOfKind(kind: PointKind, value: Value): boolean {
  if (kind === "text") return typeof value === "string";
  if (kind === "boolean") return typeof value === "boolean";
  if (kind === "state") return Number.isInteger(value);
  // Integers beyond 2^53 are written as decimal digits.
  return typeof value === "number" || (typeof value === "string" && /^-?\d+$/.test(value));
}

function checkPoint(entry: PointEntry, complain: Complain): void {
  const { kind, range, states, scale } = entry;
  if (range && range.min >= range.max) complain(["range"], `min ${range.min} must be below max ${range.max}`);
  if (range && kind !== "number") complain(["range"], `only a number has a range, and this is ${kindWord(kind)}`);
  if (scale && kind !== "number") complain(["scale"], `only a number is scaled, and this is ${kindWord(kind)}`);
  if (scale?.gain === 0) complain(["scale", "gain"], "must not be 0: every value would become the same");
  if (states && kind !== "state") complain(["states"], `need kind: state, and this is ${kindWord(kind)}`);
}

function controlOf(entry: PointEntry, control: NonNullable<PointEntry["control"]>, device: string, complain: Complain): Control {
  const { evidence, limits, overrideTtl, lease } = control;
  const inside = (...path: string[]) => ["control", ...path];
  if (control.default !== "leave" && !isOfKind(entry.kind, control.default)) {
    complain(inside("default"), `must be ${kindWord(entry.kind)} or leave, not ${JSON.stringify(control.default)}`);
  }
  if (limits && entry.kind !== "number" && entry.kind !== "state")
    complain(inside("limits"), `only numbers have limits, and this is ${kindWord(entry.kind)}`);
  if (limits?.min !== undefined && limits.max !== undefined && limits.min > limits.max) {
    complain(inside("limits"), `min ${limits.min} must not be above max ${limits.max}`);
  }
  if (control.mode === "momentary" && control.default !== "leave")
    complain(inside("default"), "a momentary point holds nothing, so it has no default");
  const within = limits ?? entry.range;
  return {
    mode: control.mode,
    default: control.default,
    onReturn: control.onReturn,
    significance: control.significance,
    ...(within && { limits: within }),
    evidence: {
      ...(evidence.point !== undefined && { point: evidence.point.includes("/") ? evidence.point : `${device}/${evidence.point}` }),
      tolerance: evidence.tolerance ?? defaultTolerance(entry),
      withinMs: durationMs(evidence.within),
      holdMs: durationMs(evidence.hold),
    },
    interlocks: control.interlocks,
    ...(overrideTtl !== undefined && { overrideTtlMs: durationMs(overrideTtl) }),
    ...(lease && { leaseRequired: true }),
  };
}

/** A device may store a number more coarsely than it was written (a 32-bit float, a tenth of a degree). */
function defaultTolerance({ kind, range }: PointEntry): number {
  if (kind !== "number") return 0;
  return range ? (range.max - range.min) * 0.005 : 0.001;
}

function kindWord(kind: PointKind): string {
  return { number: "a number", boolean: "true or false", text: "text", state: "a state" }[kind];
}
