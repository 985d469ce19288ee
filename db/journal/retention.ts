import type { Log } from "#src/kit/log.ts";
import { entryKind } from "../codec/entry.ts";
import type { Segments } from "./segments.ts";
import type { Source } from "./source.ts";

export interface Bounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Kept this long after every reader has stored it, so that a database restored from a backup catches up. */
  readonly keepMs: number;
}

/**
 * Drops whole files from the old end: gladly what every reader has long stored, and if it must be, what a reader has not.
 * The file with the newest checkpoint and the one being written always stay.
 */
export function trim(segments: Segments, bounds: Bounds, source: Pick<Source, "slowest">, log: Log): void {
  for (;;) {
    const [oldest, next] = segments.list();
    if (!oldest || !next) return;
    const checkpoint = segments.landmark(entryKind.checkpoint);
    if (checkpoint !== undefined && checkpoint <= oldest.lastPosition) return;
    const age = (segments.head.at - oldest.lastAt) / 1000;
    const slowest = source.slowest();
    const stored = slowest === undefined || slowest.position >= oldest.lastPosition;
    const full = segments.bytes > bounds.maxBytes;
    const old = age > bounds.maxAgeMs;
    if (!full && !old && !(slowest && stored && age > bounds.keepMs)) return;
    const reason = full
      ? `the journal reached its bound of ${bounds.maxBytes} bytes`
      : old
        ? `the journal reached its age bound`
        : "stored by every reader";
    const drop = segments.dropOldest(stored ? reason : `${reason} before the reader "${slowest.name}" had stored it`);
    if (!stored) log.warn("the journal dropped entries that a reader had not stored", { reader: slowest.name, reason, ...drop });
  }
}
