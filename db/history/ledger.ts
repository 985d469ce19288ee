import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";
import { fromUs } from "../writer/place.ts";
import { exact } from "./exact.ts";

/** One declared gap as people see it. */
export interface LedgerRow {
  readonly stream: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly lost: number | "unknown";
  readonly why: string;
  readonly declaredAt: Timestamp;
  /** `filled` when later records cover all of it, `partly` when some of it, or all of it for some of its points only. */
  readonly state: "open" | "partly" | "filled";
  /** What is still missing. */
  readonly missing: readonly Stretch[];
}

export interface Stretch {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export interface Declared extends Stretch {
  readonly stream: string;
  readonly lost: number | null;
  readonly why: string;
  readonly at: Timestamp;
  readonly fills: boolean;
}

/** Gaps that touch the stretch, the newest last; of one stream, its parts and the whole it belongs to when it is named. */
export async function ledger(client: Client, from: Timestamp, to: Timestamp, stream?: string): Promise<readonly LedgerRow[]> {
  const named = "(stream IN ('*', $3) OR starts_with($3, stream || '/') OR starts_with(stream, $3 || '/'))";
  const { rows } = await client.query<Declared & { from_time: number; to_time: number }>(
    exact(
      `SELECT at, stream, from_time, to_time, lost, why, fills FROM gaps
       WHERE to_time >= ${fromUs("$1")} AND from_time <= ${fromUs("$2")} ${stream === undefined ? "" : `AND ${named}`} ORDER BY from_time, at LIMIT 100000`,
      [from, to, ...(stream === undefined ? [] : [stream])],
    ),
  );
  return balance(
    rows.map((row) => ({ ...row, from: row.from_time, to: row.to_time })),
    stream,
  );
}

/** Sets what was filled against what was declared before it; of a gap in more than was asked for, only what was asked for counts. */
export function balance(declared: readonly Declared[], asked?: string): readonly LedgerRow[] {
  const fills = declared.filter((one) => one.fills);
  return declared
    .filter((one) => !one.fills)
    .map(({ stream, from, to, lost, why, at }) => {
      const later = fills.filter((fill) => fill.at >= at);
      const subject = asked !== undefined && isWithin(asked, stream) ? asked : stream;
      const covering = later.filter((fill) => isWithin(subject, fill.stream));
      const parts = later.some((fill) => isWithin(fill.stream, subject) && fill.from < to && fill.to > from);
      const missing = covering.reduce<readonly Stretch[]>((left, fill) => left.flatMap((one) => without(one, fill)), [{ from, to }]);
      const untouched = missing.length === 1 && missing[0]!.from === from && missing[0]!.to === to;
      const state = missing.length === 0 ? "filled" : untouched && !parts ? "open" : "partly";
      return { stream, from, to, lost: lost ?? "unknown", why, declaredAt: at, state, missing };
    });
}

/** Streams are named from the whole to the part: `*`, adapter, adapter/device, adapter/device/point. */
function isWithin(stream: string, whole: string): boolean {
  return whole === "*" || stream === whole || stream.startsWith(`${whole}/`);
}

function without(one: Stretch, fill: Stretch): Stretch[] {
  if (fill.to <= one.from || fill.from >= one.to) return fill.from <= one.from && fill.to >= one.to ? [] : [one];
  return [
    { from: one.from, to: fill.from },
    { from: fill.to, to: one.to },
  ].filter((rest) => rest.from < rest.to);
}
