import type { CommandState } from "#msgs/command.ts";
import type { Table } from "#src/kit/table.ts";

/** `asked` is the moment between hearing a command and the gates' answer; it never leaves the desk. */
export type LifeState = "asked" | CommandState;

export const lifeEvents = [
  "record", // the gates let it pass
  "refuse", // a gate closed, now or when it was checked again
  "hold", // it needs a second person
  "release", // who has come
  "send", // it goes out now; durable before it does
  "mask", // a higher slot holds the output
  "answer", // the device, or the transport, took it
  "doubt", // it may have arrived, and nobody answered
  "fail", // the device said no, or cannot be reached and nothing was sent
  "match", // the plant shows it, and went on showing it
  "differ", // the plant shows something else
  "silence", // nobody can say what the plant shows
  "supersede", // a newer command took the same slot before the plant showed this one
  "cancel", // somebody took it back
  "expire", // its time passed before it was sent; also while the mark itself was being made durable
  "crash", // the gateway stopped and was started again
] as const;
export type LifeEvent = (typeof lifeEvents)[number];

/** An end answers late wishes with "same" (the desk tells the asker so); nothing that means progress can reach it. */
const ended = {
  record: null,
  refuse: null,
  hold: null,
  release: null,
  send: null,
  mask: null,
  answer: null,
  doubt: null,
  fail: null,
  match: null,
  differ: null,
  silence: null,
  supersede: "same",
  cancel: "same",
  expire: "same",
  crash: "same",
} as const;

/** Before `sending` is durable nothing has left the house: it can be taken back, run out, or be refused. */
const unsent = {
  record: null,
  refuse: "rejected",
  answer: null,
  doubt: null,
  match: null,
  differ: null,
  silence: null,
  supersede: null,
  cancel: "cancelled",
  expire: "expired",
  crash: "cancelled",
} as const;

/**
 * The life of a command.
 *
 *     asked ─► recorded ─┬──────────────────► sending ─► sent ─► confirmed │ mismatch │ unknown
 *       │         │      └─► held ─► released ─┘ │ │        └──► masked │ cancelled (superseded)
 *       └─► rejected                             │ └─ nobody answered: confirmed │ unknown
 *                                                └─ the device said no: failed; too late after all: expired
 */
export const lifeTable: Table<LifeState, LifeEvent> = {
  asked: {
    record: "recorded",
    refuse: "rejected",
    hold: null,
    release: null,
    send: null,
    mask: null,
    answer: null,
    doubt: null,
    fail: null,
    match: null,
    differ: null,
    silence: null,
    supersede: null,
    cancel: null,
    expire: null,
    crash: null,
  },
  recorded: { ...unsent, hold: "held", release: null, send: "sending", mask: "masked", fail: "failed" },
  held: { ...unsent, hold: null, release: "released", send: null, mask: null, fail: null },
  released: { ...unsent, hold: null, release: null, send: "sending", mask: "masked", fail: "failed" },
  sending: {
    record: null,
    refuse: null,
    hold: null,
    release: null,
    send: null,
    mask: "masked",
    answer: "sent",
    doubt: "same",
    fail: "failed",
    match: "confirmed",
    differ: "unknown",
    silence: "unknown",
    supersede: "cancelled",
    cancel: "same",
    expire: "expired",
    crash: "same",
  },
  sent: {
    record: null,
    refuse: null,
    hold: null,
    release: null,
    send: null,
    mask: "masked",
    answer: null,
    doubt: null,
    fail: null,
    match: "confirmed",
    differ: "mismatch",
    silence: "unknown",
    supersede: "cancelled",
    cancel: "same",
    expire: "same",
    crash: "same",
  },
  confirmed: ended,
  masked: ended,
  mismatch: ended,
  rejected: ended,
  failed: ended,
  expired: ended,
  cancelled: ended,
  unknown: ended,
};
