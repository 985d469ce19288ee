import type { PointId } from "#msgs/point.ts";
import type { EngineChoice } from "./engine/features.ts";

/** What the database side is told by the site file. */
export interface DatabaseSettings {
  /** postgres://… ; secrets stay in here and are never logged. */
  readonly url: string;
  /** IANA name; day buckets follow it. */
  readonly timeZone: string;
  /** "plain" leaves TimescaleDB aside even where it is there. */
  readonly engine: EngineChoice;
  readonly retention: Retention;
  /** Which points stand behind the view flow_metrics_1h. */
  readonly flowMetrics: { readonly flowRateLpm?: PointId; readonly pressurePa?: PointId; readonly temperatureC?: PointId };
  /** A source time further than this from the time of receipt is stored at that distance, the original beside it. */
  readonly clampSourceTimeMs: { readonly past: number; readonly future: number };
  /** A transaction holds about this many samples at most, twice as many to catch up after an outage, and does not wait longer than `everyMs` for more. */
  readonly batch: { readonly samples: number; readonly everyMs: number };
}

/** How long each thing is kept; undefined means for good. Compression happens after `compressAfterMs` where the server can. */
export interface Retention {
  readonly samplesMs?: number;
  readonly recordingMs?: number;
  readonly rollupsMs?: number;
  readonly compressAfterMs: number;
}

const dayMs = 86_400_000;

export function databaseSettings(url: string, given: Partial<Omit<DatabaseSettings, "url">> = {}): DatabaseSettings {
  return {
    timeZone: "UTC",
    engine: "auto",
    retention: { samplesMs: 90 * dayMs, recordingMs: 30 * dayMs, rollupsMs: 730 * dayMs, compressAfterMs: 7 * dayMs },
    flowMetrics: {},
    clampSourceTimeMs: { past: 366 * dayMs, future: dayMs },
    batch: { samples: 25_000, everyMs: 500 },
    ...given,
    url,
  };
}
