import type { Derivation, Fact } from "#msgs/fact.ts";
import type { PointId } from "#msgs/point.ts";
import type { Sample } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { BucketRow, History, HistoryRow } from "#src/contract/store.ts";
import type { Client } from "../database/connect.ts";
import type { Pool } from "../database/pool.ts";
import { atTimes, type AtTimeOptions, type AtTimeRow } from "./at-time.ts";
import { bestFit, type Dot } from "./best-fit.ts";
import { buckets } from "./buckets.ts";
import { fillGaps, type Fill } from "./fill.ts";
import { ledger, type LedgerRow } from "./ledger.ts";
import { openNames, type Names } from "./names.ts";
import { raw, type RawOptions } from "./raw.ts";
import {
  commands,
  derivations,
  events,
  flowMetrics,
  latest,
  type CommandQuestion,
  type CommandRecord,
  type FlowMetrics,
} from "./records.ts";
import { resolutionFor } from "./resolution.ts";
import { timeWeighted, type WeightedRow } from "./time-weighted.ts";

/** Everything that can be asked of the past. Every question is bounded, and ends on the server when its signal says so. */
export interface HistoryStore extends History {
  raw(points: readonly PointId[], from: Timestamp, to: Timestamp, options: RawOptions): AsyncGenerator<readonly HistoryRow[]>;
  buckets(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { buckets: number; signal: AbortSignal; fill?: Fill },
  ): AsyncGenerator<readonly BucketRow[]>;
  /** Means that weigh each value by how long it held, for points that are only reported when they change. */
  timeWeighted(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { buckets: number; signal: AbortSignal },
  ): Promise<readonly WeightedRow[]>;
  bestFit(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { pixels: number; signal: AbortSignal },
  ): AsyncGenerator<readonly Dot[]>;
  atTimes(
    points: readonly PointId[],
    times: readonly Timestamp[],
    options: AtTimeOptions & { signal?: AbortSignal },
  ): Promise<readonly AtTimeRow[]>;
  latest(points?: readonly PointId[], signal?: AbortSignal): Promise<readonly Sample[]>;
  events(
    from: Timestamp,
    to: Timestamp,
    options: { kinds?: readonly string[]; limit: number; signal?: AbortSignal },
  ): Promise<readonly Fact[]>;
  commands(asked: CommandQuestion, signal?: AbortSignal): Promise<readonly CommandRecord[]>;
  derivations(
    from: Timestamp,
    to: Timestamp,
    options: { tap?: string; limit: number; signal?: AbortSignal },
  ): Promise<readonly Derivation[]>;
  ledger(from: Timestamp, to: Timestamp, options?: { stream?: string; signal?: AbortSignal }): Promise<readonly LedgerRow[]>;
  flowMetrics(from: Timestamp, to: Timestamp, signal?: AbortSignal): Promise<readonly FlowMetrics[]>;
}

export function openHistory(pool: Pool): HistoryStore {
  const names = openNames();
  return {
    raw: (points, from, to, options) =>
      pool.stream(async function* (client) {
        yield* raw(client, await names.points(client, points), from, to, options);
      }, options.signal),
    buckets: (points, from, to, options) => pool.stream((client) => filled(client, names, points, from, to, options), options.signal),
    timeWeighted: (points, from, to, options) =>
      pool.use(async (client) => timeWeighted(client, await names.points(client, points), from, to, options.buckets), options.signal),
    bestFit: (points, from, to, options) =>
      pool.stream(async function* (client) {
        yield* bestFit(client, await names.points(client, points), from, to, options.pixels);
      }, options.signal),
    atTimes: (points, times, options) =>
      pool.use(async (client) => atTimes(client, await names.points(client, points), times, options), options.signal),
    latest: (points, signal) => pool.use((client) => latest(client, points), signal),
    events: (from, to, options) => pool.use((client) => events(client, from, to, options), options.signal),
    commands: (asked, signal) => pool.use((client) => commands(client, asked), signal),
    derivations: (from, to, options) => pool.use((client) => derivations(client, from, to, options), options.signal),
    ledger: (from, to, options) => pool.use((client) => ledger(client, from, to, options?.stream), options?.signal),
    flowMetrics: (from, to, signal) => pool.use((client) => flowMetrics(client, from, to), signal),
  };
}

async function* filled(
  client: Client,
  names: Names,
  ids: readonly PointId[],
  from: Timestamp,
  to: Timestamp,
  options: { buckets: number; fill?: Fill },
): AsyncGenerator<readonly BucketRow[]> {
  const points = await names.points(client, ids);
  const asked = { buckets: options.buckets, samplesFrom: await names.samplesFrom(client), hasTimescale: await names.hasTimescale(client) };
  const { fill = "none" } = options;
  if (fill === "none") return yield* buckets(client, points, from, to, asked);
  const { widthUs } = resolutionFor(from, to, asked.buckets, asked.samplesFrom);
  for (const point of points) {
    const rows: BucketRow[] = [];
    for await (const page of buckets(client, [point], from, to, asked)) rows.push(...page);
    yield fillGaps(rows, widthUs, fill);
  }
}
