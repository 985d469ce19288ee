import type { Quality } from "./quality.ts";
import type { PointId, PointKey, Value } from "./point.ts";
import type { Timestamp } from "./time.ts";

/** One value as people and APIs see it. Null only when the quality is bad. */
export interface Sample {
  readonly point: PointId;
  readonly value: Value | null;
  readonly quality: Quality;
  /** When the device says it was true. */
  readonly sourceTime: Timestamp;
  /** When the gateway received it. */
  readonly at: Timestamp;
}

/**
 * How a batch came to be. Evidence for a command counts only from `asked` (after the write was answered) and `pushed`
 * with a trusted source time; `retained` is old news, `historical` never touches latest values.
 */
export type SampleOrigin = "asked" | "pushed" | "retained" | "historical";

/**
 * A batch with one array per field, which is what the bus carries: a million small objects a second would cost more than
 * everything done with them. A boolean is 0 or 1, null is NaN; text, and integers beyond 2^53 as decimal digits, stand in `texts`.
 */
export interface Samples {
  readonly keys: Uint32Array;
  readonly sourceTimes: Float64Array;
  readonly values: Float64Array;
  readonly qualities: Uint8Array;
  /** By index into the arrays; absent when no value is text. */
  readonly texts?: ReadonlyMap<number, string>;
  /** The 32-bit OPC UA status beside our byte, where a source gave one; by index. */
  readonly codes?: ReadonlyMap<number, number>;
  readonly origin: SampleOrigin;
  /** When the question was put, for `asked`; the earliest of the batch. */
  readonly askedAt?: Timestamp;
  /**
   * Every source time of this batch came from the device. Absent: at least one is our own time of receipt, which says nothing
   * about when the value was true, so a `pushed` batch without this is no evidence for a command.
   */
  readonly deviceTimes?: true;
  /** Which stream this came through: adapter, adapter/device, or adapter/device/point for what a device recorded itself. Shedding and gaps are counted for it. */
  readonly stream: string;
  /** Where the source stands after this batch (trend log position, sequence number); stored with the rows or not at all. */
  readonly resume?: { readonly source: string; readonly token: string };
}

/** Turns a stored number and text back into the value a user sees. */
export function valueOf(kind: "number" | "boolean" | "text" | "state", value: number, text: string | undefined): Value | null {
  if (text !== undefined) return text;
  if (Number.isNaN(value)) return null;
  return kind === "boolean" ? value !== 0 : value;
}

/** One row on its way into a batch. */
export interface SampleRow {
  readonly key: PointKey;
  readonly value: Value | null;
  readonly quality: Quality;
  readonly sourceTime: Timestamp;
  readonly code?: number;
}

export function samplesOf(
  rows: readonly SampleRow[],
  about: { origin: SampleOrigin; stream: string; askedAt?: Timestamp; deviceTimes?: true; resume?: { source: string; token: string } },
): Samples {
  const n = rows.length;
  const batch = {
    keys: new Uint32Array(n),
    sourceTimes: new Float64Array(n),
    values: new Float64Array(n),
    qualities: new Uint8Array(n),
  };
  let texts: Map<number, string> | undefined;
  let codes: Map<number, number> | undefined;
  for (let i = 0; i < n; i++) {
    const row = rows[i]!;
    batch.keys[i] = row.key;
    batch.sourceTimes[i] = row.sourceTime;
    batch.qualities[i] = row.quality;
    batch.values[i] = numberOf(row.value);
    if (typeof row.value === "string") (texts ??= new Map()).set(i, row.value);
    if (row.code !== undefined) (codes ??= new Map()).set(i, row.code);
  }
  return { ...batch, ...about, ...(texts && { texts }), ...(codes && { codes }) };
}

function numberOf(value: Value | null): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return Number.NaN;
}
