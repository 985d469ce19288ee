import { expect, test } from "vitest";
import { remoteTable } from "./discovery/remote-participant.ts";
import { syncTable } from "./reading/sync-state.ts";
import { watchTable } from "./silence-watch.ts";
import { nextState, type StateTable } from "./state-table.ts";
import { pacerTable } from "./writing/heartbeat-pacer.ts";

const tables: Record<string, StateTable<string, string>> = {
  "a reliable reader and one writer": syncTable,
  "the heartbeats of a writer": pacerTable,
  "a remote participant": remoteTable,
  "a deadline or a liveliness": watchTable,
};

for (const [name, table] of Object.entries(tables)) {
  const states = Object.keys(table);
  const events = Object.keys(table[states[0]!]!);

  test(`${name}: every state answers every event with a state, with staying, or by calling it impossible`, () => {
    for (const state of states) {
      for (const event of events) {
        const answer = table[state]![event]!;
        if (answer === null) expect(() => nextState(table, state, event)).toThrow("cannot happen");
        else expect(states).toContain(nextState(table, state, event));
      }
    }
  });

  test(`${name}: every state can be reached from the first`, () => {
    const reached = new Set([states[0]!]);
    for (const state of reached) {
      for (const event of events) {
        const next = table[state]![event];
        if (typeof next === "string" && next !== "same") reached.add(next);
      }
    }
    expect([...reached].sort()).toEqual([...states].sort());
  });
}
