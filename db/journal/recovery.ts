import type { Timestamp } from "#msgs/time.ts";
import { entryKind } from "../codec/entry.ts";
import { Parcel } from "../codec/parcel.ts";
import type { RecoveryPlan } from "./messages.ts";
import type { Segments } from "./segments.ts";

const pageBytes = 4 << 20;

/**
 * A usable checkpoint and what follows it. Without one: from `since` (or the oldest entry) on, with the plant description in
 * force there first.
 */
export function planRecovery(segments: Segments, version: string, since: Timestamp | undefined): RecoveryPlan {
  const to = segments.head.position;
  const checkpoint = segments.landmark(entryKind.checkpoint, undefined, version);
  if (checkpoint !== undefined) return { first: [checkpoint], from: checkpoint + 1, to };
  const from = Math.max(segments.tail, since === undefined ? 0 : segments.positionAt(since));
  const config = segments.landmark(entryKind.config, from);
  return { first: config === undefined ? [] : [config], from, to };
}

/** One page of entries from a place on, checkpoints left out unless the stretch is just that one entry. */
export function readStretch(segments: Segments, from: number, to: number): { parcel: Uint8Array<ArrayBuffer>; next: number | undefined } {
  const parcel = new Parcel();
  const page = from > to ? [] : segments.read(from, from === to ? 1 : pageBytes);
  for (const entry of page) {
    if (entry.position <= to && (entry.kind !== entryKind.checkpoint || from === to)) parcel.add(entry, entry.crc);
  }
  const last = page.at(-1)?.position;
  return { parcel: parcel.take(), next: last === undefined || last >= to ? undefined : last + 1 };
}
