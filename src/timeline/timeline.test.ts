import { describe, expect, it } from "vitest";
import type { Tap, TapEnv } from "#src/contract/bus.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { open } from "./open.ts";
import { standardTaps } from "./standard.ts";

const second = 1_000_000;

/** A tap made of plain functions, for one rule at a time. */
function tapOf(name: string, parts: { see?: (fact: Fact, env: TapEnv) => void; due?: (key: number | string, env: TapEnv) => void }) {
  return (env: TapEnv): Tap => ({
    name,
    see: (fact) => parts.see?.(fact, env),
    due: (key) => parts.due?.(key, env),
    save: () => undefined,
    restore: () => {},
  });
}

describe("the rules of a timeline", () => {
  it("a fact published from inside a tap is stamped after the current one has reached every tap", () => {
    const seen: string[] = [];
    const into: { publish: (type: string) => void } = { publish: () => {} };
    const opened: Opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("first", {
          see: (fact) => {
            if (fact.kind === "event" && fact.type === "outer") into.publish("inner");
            seen.push(`first ${fact.kind === "event" ? fact.type : fact.kind} ${fact.seq}`);
          },
        }),
        tapOf("second", { see: (fact) => seen.push(`second ${fact.kind === "event" ? fact.type : fact.kind} ${fact.seq}`) }),
      ],
    });
    into.publish = (type) => opened.into.publish({ kind: "event", type, data: {} });
    opened.into.publish({ kind: "event", type: "outer", data: {} }, 10);
    expect(seen).toEqual(["first outer 1", "second outer 1", "first inner 2", "second inner 2"]);
  });

  it("a fact published from a deadline is stamped with the deadline's instant", () => {
    const stamps: number[] = [];
    const opened: Opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("a", {
          see: (fact, env) => (fact.kind === "tick" ? env.at(5 * second, 1) : stamps.push(fact.at)),
          due: () => opened.into.publish({ kind: "event", type: "x", data: {} }),
        }),
      ],
    });
    opened.into.publish({ kind: "tick" }, 1);
    opened.advance(9 * second);
    expect(stamps).toEqual([5 * second]);
  });

  it("a fact that makes a deadline run which publishes is stamped after what the deadline published", () => {
    const stamps: string[] = [];
    const opened: Opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("a", {
          see: (fact, env) => {
            stamps.push(`${fact.seq} ${fact.kind} ${fact.at}`);
            if (fact.kind === "tick" && fact.seq === 1) env.at(5, 1);
          },
          due: () => opened.into.publish({ kind: "event", type: "x", data: {} }),
        }),
      ],
    });
    opened.into.publish({ kind: "tick" }, 1);
    opened.into.publish({ kind: "tick" }, 9);
    opened.into.publish({ kind: "clock", from: 9, why: "stalled", wallAheadUs: 0, trusted: true }, 20);
    expect(stamps).toEqual(["1 tick 1", "2 event 5", "3 tick 9", "4 clock 20"]);
  });

  it("deadlines run before any later fact, at their own instant, ordered by due, tap and key", () => {
    const ran: string[] = [];
    const tap = (name: string) =>
      tapOf(name, {
        see: (fact, env) => {
          if (fact.kind !== "tick") return void ran.push(`${name} saw ${fact.kind} at ${env.now()}`);
          for (const key of ["z", 10, 9, "a"]) env.at(5, key);
          env.at(4, "early");
        },
        due: (key, env) => ran.push(`${name} ${key} at ${env.now()}`),
      });
    const opened = open({ id: "t", kind: "live", from: 0, taps: [tap("b"), tap("a")] });
    opened.into.publish({ kind: "tick" }, 1);
    opened.into.publish({ kind: "event", type: "later", data: {} }, 6);
    expect(ran).toEqual([
      "a early at 4", "b early at 4",
      "a 9 at 5", "a 10 at 5", "a a at 5", "a z at 5",
      "b 9 at 5", "b 10 at 5", "b a at 5", "b z at 5",
      "b saw event at 6", "a saw event at 6",
    ]); // prettier-ignore
  });

  it("a deadline in the past runs right after the current fact, before the next one at the same instant", () => {
    const ran: string[] = [];
    const opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("a", {
          see: (fact, env) => {
            ran.push(`fact ${fact.seq}`);
            if (fact.seq === 1) env.at(3, "late");
          },
          due: (key) => ran.push(String(key)),
        }),
      ],
    });
    opened.into.publish({ kind: "tick" }, 7);
    opened.into.publish({ kind: "tick" }, 7);
    expect(ran).toEqual(["fact 1", "late", "fact 2"]);
  });

  it("a cancelled or moved deadline does not run at its old instant", () => {
    const ran: string[] = [];
    const opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("a", {
          see: (fact, env) => {
            if (fact.seq === 1) for (const key of ["moved", "cancelled"]) env.at(5, key);
            if (fact.seq !== 2) return;
            env.at(8, "moved");
            env.cancel("cancelled");
          },
          due: (key, env) => ran.push(`${key} ${env.now()}`),
        }),
      ],
    });
    opened.into.publish({ kind: "tick" }, 1);
    opened.into.publish({ kind: "tick" }, 2);
    opened.advance(20);
    expect(ran).toEqual(["moved 8"]);
  });

  it("time never goes back: a fact said to be older is stamped now", () => {
    const stamps: number[] = [];
    const opened = open({ id: "t", kind: "live", from: 100, taps: [tapOf("a", { see: (fact) => stamps.push(fact.at) })] });
    opened.into.publish({ kind: "tick" }, 200);
    opened.into.publish({ kind: "tick" }, 150);
    expect(stamps).toEqual([200, 200]);
  });

  it("a clock fact moves what was due later along with it and runs what was due before", () => {
    const ran: string[] = [];
    const opened = open({
      id: "t",
      kind: "live",
      from: 0,
      taps: [
        tapOf("a", {
          see: (fact, env) => {
            if (fact.kind !== "tick") return;
            env.at(3 * second, "before");
            env.at(10 * second, "after");
          },
          due: (key, env) => ran.push(`${key} ${env.now() / second}`),
        }),
      ],
    });
    opened.into.publish({ kind: "tick" }, 1);
    opened.into.publish({ kind: "clock", from: 5 * second, why: "stepped forward", wallAheadUs: 0, trusted: true }, 100 * second);
    opened.advance(104 * second);
    expect(ran).toEqual(["before 3"]);
    opened.advance(106 * second);
    expect(ran).toEqual(["before 3", "after 105"]);
  });

  it("a tap may not move time, and two taps may not share a name", () => {
    const opened: Opened = open({ id: "t", kind: "live", from: 0, taps: [tapOf("a", { see: () => opened.advance(9) })] });
    expect(() => opened.into.publish({ kind: "tick" }, 1)).toThrow(/time cannot be moved/);
    expect(() => open({ id: "t", kind: "live", from: 0, taps: [tapOf("a", {}), tapOf("a", {})] })).toThrow(/same name/);
  });
});

describe("staleness and latest values", () => {
  function small(count = 2) {
    const taps = standardTaps();
    const opened = open({ id: "t", kind: "live", from: 0, taps: taps.factories });
    const derived: Derivation[] = [];
    opened.timeline.bus.onDerived((derivation) => derived.push(derivation));
    opened.into.publish(configOf(count), 1);
    return { opened, derived, ...taps };
  }

  it("a point goes stale two seconds after its last sample, at that very instant, and fresh with the next", () => {
    const { opened, derived, latest } = small();
    opened.into.publish(samplesFact([{ key: 1, value: 4 }]), 1 * second);
    opened.into.publish(samplesFact([{ key: 1, value: 5 }]), 2 * second);
    opened.advance(3_999_999);
    expect(derived).toEqual([]);
    opened.advance(10 * second);
    expect(latest.get("p-1")).toMatchObject({ value: 5, quality: 65, at: 2 * second });
    opened.into.publish(samplesFact([{ key: 1, value: 6 }]), 11 * second);
    expect(derived.map(({ at, subject, state }) => [at / second, subject, state])).toEqual([
      [4, "p-1", "stale"],
      [11, "p-1", "fresh"],
    ]);
    expect(latest.get("p-1")).toMatchObject({ value: 6, quality: 0 });
  });

  it("what was saved stays what it was, whatever happens afterwards", () => {
    const { opened } = small();
    opened.into.publish(samplesFact([{ key: 1, value: 4 }]), 1 * second);
    opened.into.publish({ kind: "gap", stream: "link", from: 0, to: 1 * second, lost: 3, why: "away" }, 2 * second);
    const saved = opened.save();
    const asItWas = structuredClone(saved);
    opened.into.publish(samplesFact([{ key: 1, value: 9 }, { key: 2, value: 1, quality: 129 }]), 3 * second); // prettier-ignore
    opened.into.publish(samplesFact([{ key: 2, value: 5 }], "historical"), 4 * second);
    opened.into.publish(configOf(5), 5 * second);
    opened.advance(20 * second);
    expect(saved).toEqual(asItWas);
  });

  it("a bad value is shown as null beside the last good one", () => {
    const { opened, latest } = small();
    opened.into.publish(samplesFact([{ key: 1, value: 4 }]), 1 * second);
    opened.into.publish(samplesFact([{ key: 1, value: null, quality: 129 }]), 2 * second);
    expect(latest.get("p-1")).toMatchObject({ value: null, quality: 129, lastGood: { value: 4, at: 1 * second } });
    expect(latest.get("p-2")).toBeUndefined();
  });

  it("historical samples touch neither the latest value nor staleness", () => {
    const { opened, derived, latest } = small();
    opened.into.publish(samplesFact([{ key: 1, value: 4 }]), 1 * second);
    opened.into.publish(samplesFact([{ key: 1, value: 99 }], "historical"), 2 * second);
    opened.advance(5 * second);
    expect(latest.get("p-1")).toMatchObject({ value: 4 });
    expect(derived.map(({ at }) => at)).toEqual([3 * second]);
  });

  it("a point that is only listened to and states no limit never goes stale by time", () => {
    const taps = standardTaps();
    const opened = open({ id: "t", kind: "live", from: 0, taps: taps.factories });
    const config = configOf(1);
    const { staleAfterMs: _, ...point } = config.points[0]!;
    opened.into.publish({ ...config, points: [{ ...point, binding: { adapter: "a", address: "0" } }] }, 1);
    opened.into.publish(samplesFact([{ key: 1, value: 1 }], "pushed"), 2);
    expect(opened.nextDue()).toBeUndefined();
  });

  it("a point that leaves the site is forgotten, also when it returns", () => {
    const { opened, latest } = small();
    opened.into.publish(samplesFact([{ key: 2, value: 5 }]), 2);
    opened.into.publish(configOf(1), 2);
    opened.into.publish(configOf(2), 3);
    expect(latest.get("p-2")).toBeUndefined();
    opened.into.publish(samplesFact([{ key: 2, value: null, quality: 129 }]), 4);
    expect(latest.get("p-2")).toMatchObject({ value: null });
    expect(latest.get("p-2")).not.toHaveProperty("lastGood");
  });

  it("text and numbers can follow each other at one point", () => {
    const { opened, latest } = small();
    opened.into.publish(samplesFact([{ key: 1, value: "9007199254740993" }]), 1);
    expect(latest.get("p-1")?.value).toBe("9007199254740993");
    opened.into.publish(samplesFact([{ key: 1, value: 7 }]), 2);
    expect(latest.get("p-1")?.value).toBe(7);
  });
});

describe("queues", () => {
  it("keep-latest keeps the newest of each point once full, counts what was overtaken and never loses other facts", () => {
    const opened = open({ id: "t", kind: "live", from: 0, taps: [] });
    const queue = opened.timeline.bus.queue("slow", { capacity: 2, whenFull: "keep-latest" });
    for (let i = 1; i <= 5; i++) {
      opened.into.publish(samplesFact([{ key: 1, value: i }, { key: 2, value: -i }]), i); // prettier-ignore
      opened.into.publish({ kind: "tick" }, i);
    }
    const facts = queue.take();
    expect(facts.filter((fact) => fact.kind === "tick")).toHaveLength(5);
    const values = facts.flatMap((fact) => (fact.kind === "samples" ? [...fact.samples.values] : []));
    expect(values).toEqual([1, -1, 5, -5]);
    expect(queue.overtaken).toBe(6);
  });

  it("what a device recorded long ago never takes the place of its newest value in a full queue", () => {
    const opened = open({ id: "t", kind: "live", from: 0, taps: [] });
    const queue = opened.timeline.bus.queue("slow", { capacity: 1, whenFull: "keep-latest" });
    opened.into.publish(samplesFact([{ key: 1, value: 1 }]), 1);
    opened.into.publish(samplesFact([{ key: 1, value: 2 }]), 2);
    opened.into.publish(samplesFact([{ key: 1, value: -7 }], "historical"), 3);
    const values = queue.take().flatMap((fact) => (fact.kind === "samples" ? [...fact.samples.values] : []));
    expect(values).toEqual([1, 2]);
    expect(queue.overtaken).toBe(1);
  });

  it("hold makes a replay source wait until somebody takes", async () => {
    const opened = open({ id: "t", kind: "replay", from: 0, taps: [] });
    const queue = opened.timeline.bus.queue("screen", { capacity: 1, whenFull: "hold" });
    opened.into.publish(samplesFact([{ key: 1, value: 1 }]), 1);
    let ready = false;
    const waiting = opened.into.ready().then(() => (ready = true));
    await Promise.resolve();
    expect(ready).toBe(false);
    queue.take();
    await waiting;
    expect(ready).toBe(true);
  });

  it("a queue for some points carries only these", () => {
    const opened = open({ id: "t", kind: "live", from: 0, taps: [] });
    const queue = opened.timeline.bus.queue("some", { capacity: 9, whenFull: "keep-latest", points: new Set([2]) });
    opened.into.publish(samplesFact([{ key: 1, value: 1 }, { key: 2, value: "two" }]), 1); // prettier-ignore
    opened.into.publish(samplesFact([{ key: 1, value: 3 }]), 2);
    const facts = queue.take();
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({ kind: "samples", samples: { keys: new Uint32Array([2]), texts: new Map([[0, "two"]]) } });
  });
});
