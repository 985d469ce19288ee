import type { Timestamp } from "#msgs/time.ts";
import type { Value } from "#msgs/point.ts";
import { isBad, isGood, type Quality } from "#msgs/quality.ts";

/** One dot of a trend. From a bucket it also knows what the bucket ranged over. */
export interface Dot {
  readonly at: Timestamp;
  /** Null where nothing usable was known. */
  readonly value: number | null;
  readonly quality: Quality;
  readonly min?: number | null;
  readonly max?: number | null;
}

/** The recent past of one point, ascending in time: history first, live values appended. */
export interface Track {
  /**
   * A dot that was told at `toldAt`. The gateway lowers the quality of a value that stands (link down, stale) without a new
   * time from the device: then the last dot stays what it was and another one says from when on it is not to be trusted.
   */
  add(dot: Dot, toldAt?: Timestamp): void;
  /** History that arrives late goes in before and between what came live meanwhile. */
  merge(history: readonly Dot[]): void;
  dots(): readonly Dot[];
  clear(): void;
}

/** About an hour at five a second; beyond it the oldest are let go. */
const dotsMax = 20_000;

export function openTrack(): Track {
  let dots: Dot[] = [];
  const trim = (): void => {
    if (dots.length > dotsMax) dots = dots.slice(dots.length - dotsMax);
  };
  return {
    add(dot, toldAt = dot.at) {
      const last = dots.at(-1);
      if (!last || dot.at > last.at) dots.push(dot);
      else if (dot.quality > last.quality) dots.push({ ...dot, at: Math.max(toldAt, last.at + 1) });
      else if (dot.at === last.at) dots[dots.length - 1] = dot;
      else if (dot.quality < last.quality) dots = merged(dots, [dot]);
      trim();
    },
    merge(history) {
      dots = merged(history, dots);
      trim();
    },
    dots: () => dots,
    clear() {
      dots = [];
    },
  };
}

/** Of two dots at the same instant the second list's counts: it is what was told last. */
function merged(older: readonly Dot[], newer: readonly Dot[]): Dot[] {
  const byTime = new Map<Timestamp, Dot>();
  for (const dot of older) byTime.set(dot.at, dot);
  for (const dot of newer) byTime.set(dot.at, dot);
  return [...byTime.values()].sort((one, other) => one.at - other.at);
}

export type SpanKind = "gap" | "bad" | "uncertain";
/** A stretch that must not be taken for good. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** What a chart draws: one x for all, lines that break where nothing is known, and the stretches in between. */
export interface Drawn {
  /** Seconds, as the chart wants them. */
  readonly x: number[];
  readonly good: (number | null)[];
  readonly uncertain: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
  readonly spans: readonly Span[];
}

/**
 * Splits dots into lines. A silence longer than `gapAfterUs` breaks the line and is a gap, also at the right edge: the time
 * since the last dot is shown as unknown, not as nothing.
 */
export function drawn(dots: readonly Dot[], from: Timestamp, to: Timestamp, gapAfterUs: number): Drawn {
  const out: Drawn & { spans: Span[] } = { x: [], good: [], uncertain: [], min: [], max: [], spans: [] };
  let before: Dot | undefined;
  for (const dot of dots) {
    if (dot.at > to) break;
    if (dot.at >= from) {
      if (before) {
        if (dot.at - before.at > gapAfterUs) breakLine(out, before, dot.at, from);
        else spanOf(out.spans, before, dot.at, from);
      }
      // The dot before the window is drawn too, so that the line enters from the left edge.
      if (out.x.length === 0 && before && dot.at - before.at <= gapAfterUs) put(out, before);
      const joins = before && before.value !== null && !isBad(before.quality) && isGood(before.quality) !== isGood(dot.quality);
      put(out, dot, joins ? before : undefined);
    }
    before = dot;
  }
  if (before) {
    if (to - before.at > gapAfterUs) breakLine(out, before, to, from);
    else spanOf(out.spans, before, to, from);
  } else out.spans.push({ kind: "gap", from, to });
  const first = out.x[0];
  if (before && first !== undefined && first * 1e6 - from > Math.max(gapAfterUs, (to - from) / 50)) {
    out.spans.unshift({ kind: "gap", from, to: first * 1e6 });
  }
  return out;
}

/** The way between a good dot and an uncertain one belongs to the uncertain line, whichever of them comes first. */
function put(out: Drawn, dot: Dot, joined?: Dot): void {
  const usable = isBad(dot.quality) ? null : dot.value;
  const good = isGood(dot.quality);
  const joins = joined !== undefined && usable !== null && out.x.length > 0;
  if (joins && !good) out.uncertain[out.x.length - 1] = joined.value;
  out.x.push(dot.at / 1e6);
  out.good.push(good ? usable : null);
  out.uncertain.push(good && !joins ? null : usable);
  out.min.push(dot.min ?? null);
  out.max.push(dot.max ?? null);
}

function breakLine(out: Drawn & { spans: Span[] }, before: Dot, until: Timestamp, from: Timestamp): void {
  spanOf(out.spans, before, until, from, "gap");
  if (out.x.length === 0) return;
  out.x.push(before.at / 1e6 + 1e-6);
  for (const line of [out.good, out.uncertain, out.min, out.max]) line.push(null);
}

/** What was told bad or uncertain stays so until something better is told, however long the silence. */
function spanOf(spans: Span[], before: Dot, until: Timestamp, from: Timestamp, otherwise?: SpanKind): void {
  const kind = isGood(before.quality) ? otherwise : isBad(before.quality) ? "bad" : "uncertain";
  if (kind === undefined) return;
  const last = spans.at(-1);
  const begin = Math.max(before.at, from);
  if (last && last.kind === kind && last.to === begin) spans[spans.length - 1] = { ...last, to: until };
  else spans.push({ kind, from: begin, to: until });
}

/** A number for the chart; text has none. */
export function numberOf(value: Value | null): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

const missedPolls = 4;
const floorUs = 2_000_000;
const dotsToLearn = 8;

/**
 * How long a point may be silent before its line breaks: what it declares, else four polls, else four times what its dots
 * were apart. A point that was hardly ever heard speaks only when it changes: its line never breaks.
 */
export function gapAfterUs(point: { staleAfterMs?: number; binding: { pollMs?: number } }, dots: readonly Dot[]): number {
  if (point.staleAfterMs !== undefined) return point.staleAfterMs * 1_000;
  if (point.binding.pollMs !== undefined && point.binding.pollMs > 0) return Math.max(point.binding.pollMs * 1_000 * missedPolls, floorUs);
  if (dots.length < dotsToLearn) return Number.POSITIVE_INFINITY;
  const apart = dots
    .slice(1)
    .map((dot, i) => dot.at - dots[i]!.at)
    .sort((one, other) => one - other);
  return Math.max(apart[Math.floor(apart.length / 2)]! * 4, floorUs);
}
