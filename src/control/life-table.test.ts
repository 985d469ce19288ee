import { describe, expect, test } from "vitest";
import { commandStates, isEnd } from "#msgs/command.ts";
import { step } from "#src/kit/table.ts";
import type { LifeEvent, LifeState } from "./life-table.ts";
import { lifeEvents, lifeTable } from "./life-table.ts";

const states: readonly LifeState[] = ["asked", ...commandStates];

/** The life as a person would draw it; every pair that is not here cannot happen, or changes nothing. */
const moves: Partial<Record<LifeState, Partial<Record<LifeEvent, LifeState>>>> = {
  asked: { record: "recorded", refuse: "rejected" },
  recorded: {
    hold: "held",
    send: "sending",
    mask: "masked",
    refuse: "rejected",
    fail: "failed",
    cancel: "cancelled",
    expire: "expired",
    crash: "cancelled",
  },
  held: { release: "released", refuse: "rejected", cancel: "cancelled", expire: "expired", crash: "cancelled" },
  released: {
    send: "sending",
    mask: "masked",
    refuse: "rejected",
    fail: "failed",
    cancel: "cancelled",
    expire: "expired",
    crash: "cancelled",
  },
  sending: {
    answer: "sent",
    fail: "failed",
    mask: "masked",
    match: "confirmed",
    differ: "unknown",
    silence: "unknown",
    supersede: "cancelled",
    expire: "expired",
  },
  sent: { mask: "masked", match: "confirmed", differ: "mismatch", silence: "unknown", supersede: "cancelled" },
};

/** What may come too late or change nothing yet, and is answered by staying. */
const stays: Partial<Record<LifeState, readonly LifeEvent[]>> = {
  sending: ["doubt", "cancel", "crash"],
  sent: ["cancel", "expire", "crash"],
};
const late: readonly LifeEvent[] = ["supersede", "cancel", "expire", "crash"];

describe.each(states)("a command that is %s", (state) => {
  test.each([...lifeEvents])("answers %s", (event) => {
    const to = moves[state]?.[event];
    const staying = state !== "asked" && isEnd(state) ? late : (stays[state] ?? []);
    if (to) expect(step(lifeTable, state, event)).toBe(to);
    else if (staying.includes(event)) expect(step(lifeTable, state, event)).toBe(state);
    else expect(() => step(lifeTable, state, event)).toThrow("cannot happen");
  });
});

test("no end leads anywhere, and each of the eight can be reached", () => {
  const reached = new Set(Object.values(moves).flatMap((row) => Object.values(row)));
  for (const state of commandStates) if (isEnd(state)) expect(reached).toContain(state);
  for (const state of commandStates) if (isEnd(state)) expect(moves[state]).toBeUndefined();
});
