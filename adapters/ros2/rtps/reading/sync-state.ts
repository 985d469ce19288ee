import type { StateTable } from "../state-table.ts";

/**
 * How far a reliable reader is with one writer.
 *
 *     waiting ── range-known ──► following ◄── filled ──┐
 *                                   │                   │
 *                               missing                 │
 *                                   ▼                   │
 *                                behind ── asked ──► asked
 *                                   ▲                   │
 *                                   └──── ask-again ────┘
 *
 * waiting: what the writer has is not known yet. following: nothing is missing. behind: something is missing and has not been
 * asked for since. asked: a request for repair is out and a timer will ask again.
 */
export type SyncState = "waiting" | "following" | "behind" | "asked";
export type SyncEvent = "range-known" | "missing" | "asked" | "ask-again" | "filled";

export const syncTable: StateTable<SyncState, SyncEvent> = {
  waiting: { "range-known": "following", missing: "same", asked: null, "ask-again": "same", filled: "same" },
  following: { "range-known": "same", missing: "behind", asked: null, "ask-again": "same", filled: "same" },
  behind: { "range-known": "same", missing: "same", asked: "asked", "ask-again": "same", filled: "following" },
  asked: { "range-known": "same", missing: "same", asked: "same", "ask-again": "behind", filled: "following" },
};
