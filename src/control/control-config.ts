import type { AreaId, PointId, Value } from "#msgs/point.ts";
import type { Priority } from "#msgs/command.ts";

/** What a site may set about commanding. Every bound the desk has stands here. */
export interface ControlConfig {
  /** Slots nobody may write unless the site says so: life safety, critical equipment, minimum on/off. */
  readonly reservedPriorities: readonly Priority[];
  /** A device that has not answered a write by then may or may not have it. */
  readonly writeTimeoutMs: number;
  /** Pause between two questions to a device while a command waits for its evidence. */
  readonly askEveryMs: number;
  /** A question to a device that takes longer is given up and put again. */
  readonly askTimeoutMs: number;
  /** A command whose turn has not come by then is not sent any more. */
  readonly unsentMs: number;
  /** How long a critical command waits for its second person. */
  readonly heldMs: number;
  /** How long a selected point stays reserved. */
  readonly selectMs: number;
  /** Whether a critical point must be selected before it is commanded. */
  readonly selectRequired: "critical" | "never";
  /** A manual override with neither time to live nor reason lives this long, unless its point says otherwise. */
  readonly overrideTtlMs: number;
  /** An expiry that did not reach its device is tried again after this, doubling to the ceiling. */
  readonly expiryRetryMs: { readonly first: number; readonly ceiling: number };
  /** Writes that pass even when nothing can be recorded any more. */
  readonly safeState: readonly { readonly point: PointId; readonly value: Value }[];
  /** A command found half sent after a crash is read back for this long, so that links have time to come up. */
  readonly readBackMs: number;
  readonly leaseMs: { readonly usual: number; readonly atMost: number };
  /** How long the holder of a lease keeps it after somebody pre-empts. */
  readonly preemptGraceMs: number;
  /** Commands under way at most; beyond it the desk refuses. */
  readonly openAtMost: number;
  /** Commands waiting for one point or one device at most. */
  readonly laneAtMost: number;
  /** Ended commands kept in memory; older ones are looked up in control.db. */
  readonly rememberAtMost: number;
  /** The area an area lies in; rights and leases on the outer one hold for the inner. */
  readonly parentOf: (area: AreaId) => AreaId | undefined;
}

export const defaultControl: ControlConfig = {
  reservedPriorities: [1, 2, 5, 6],
  writeTimeoutMs: 10_000,
  askEveryMs: 200,
  askTimeoutMs: 5_000,
  unsentMs: 60_000,
  heldMs: 300_000,
  selectMs: 10_000,
  selectRequired: "never",
  overrideTtlMs: 8 * 3_600_000,
  expiryRetryMs: { first: 5_000, ceiling: 300_000 },
  safeState: [],
  readBackMs: 30_000,
  leaseMs: { usual: 600_000, atMost: 8 * 3_600_000 },
  preemptGraceMs: 10_000,
  openAtMost: 50_000,
  laneAtMost: 100,
  rememberAtMost: 20_000,
  parentOf: () => undefined,
};
