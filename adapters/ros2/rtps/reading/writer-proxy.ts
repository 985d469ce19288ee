import type { Environment } from "../environment.ts";
import type { Guid } from "../wire/guid.ts";
import type { Limits } from "../limits.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Link, Outbox } from "../net/outbox.ts";
import type { ReaderStats, Sample } from "./sample.ts";
import type { Data, DataFragments, Gap, Heartbeat, HeartbeatFragments } from "../wire/submessage.ts";

/** What one reader knows about one matched writer. */
export interface WriterProxy {
  readonly guid: Guid;
  data(data: Data): void;
  fragments(part: DataFragments): void;
  heartbeat(beat: Heartbeat): void;
  gap(gap: Gap): void;
  heartbeatFragments(beat: HeartbeatFragments): void;
  close(): void;
}

/** What a reader gives to each of its proxies. */
export interface ProxyContext {
  readonly env: Environment;
  readonly outbox: Outbox;
  readonly limits: Limits;
  readonly budget: MemoryBudget;
  readonly readerId: number;
  readonly wantsHistory: boolean;
  readonly stats: ReaderStats;
  deliver(sample: Sample): void;
  lost(writer: Guid, count: number): void;
}

export interface MatchedWriter {
  readonly guid: Guid;
  readonly writerId: number;
  readonly link: Link;
}

/** The sample in a DATA submessage, or in the last fragment of one together with the bytes put together. */
export function toSample(from: Data | DataFragments, guid: Guid, payload: Buffer, env: Environment): Sample {
  return {
    writer: guid,
    sequence: from.sequence,
    sourceTimeUs: from.sourceTimeUs ?? env.wallUs(),
    payload,
    disposed: from.inline?.disposed ?? false,
    key: from.inline?.key,
    relatedSample: from.inline?.relatedSample,
  };
}
