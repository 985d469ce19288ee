import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import type { Point } from "#msgs/point.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import { silentLog } from "#src/kit/log.ts";
import { samplesOf } from "#msgs/sample.ts";
import { openJournal, type JournalOptions, type OpenedJournal } from "./open.ts";

let folder: string;
const opened: OpenedJournal[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plainview-journal-"));
});
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<JournalOptions> = {}): Promise<OpenedJournal> {
  const journal = await openJournal({ folder, log: silentLog, ...options });
  opened.push(journal);
  return journal;
}

const batch = (seq: number, rows = 10): Fact => ({
  at: 1_000_000 + seq,
  seq,
  kind: "samples",
  samples: samplesOf(
    Array.from({ length: rows }, (_, i) => ({ key: i + 1, value: seq + i, quality: 0, sourceTime: 1_000_000 + seq })),
    { origin: "pushed", stream: "a" },
  ),
});
const tick = (seq: number): Fact => ({ at: 1_000_000 + seq, seq, kind: "tick" });
const config = (seq: number, ...points: [string, number][]): Fact =>
  ({
    at: 1_000_000 + seq,
    seq,
    kind: "config",
    revision: `r${seq}`,
    timeZone: "UTC",
    areas: [],
    devices: [],
    valves: [],
    points: points.map(([id, key]) => ({ id, key }) as Point & { key: number }),
  }) as unknown as Fact;

function durable(journal: OpenedJournal, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = journal.onDurable((now) => {
      if (now < seq) return;
      cancel();
      resolve();
    });
  });
}

async function everything(journal: OpenedJournal, version = "v", since?: number): Promise<JournalEntry[]> {
  const all: JournalEntry[] = [];
  for await (const page of journal.recover(version, since)) all.push(...page);
  return all;
}

const segmentsIn = (where: string) =>
  readdirSync(where)
    .filter((name) => /^segment-\d+\.sqlite$/.test(name))
    .sort();

describe("the journal", () => {
  test("gives back everything it called durable, in order, under the same name", async () => {
    const first = await open();
    expect(first).toMatchObject({ clean: true, head: { at: 0, seq: 0 } });
    const facts = [config(1, ["a", 1]), batch(2), tick(3), batch(4)];
    const stored = durable(first, 4);
    for (const fact of facts) first.fact(fact);
    expect(first.backlog).toBe(20);
    await stored;
    expect(first.backlog).toBe(0);
    await first.close();
    const second = await open();
    expect(second).toMatchObject({ uuid: first.uuid, clean: true, head: { at: 1_000_004, seq: 4 } });
    expect(second.keyed([{ id: "a" }, { id: "b" }])).toEqual([{ id: "a", key: 1 }, { id: "b", key: 2 }]); // prettier-ignore
    expect(await everything(second)).toEqual(facts.map((fact) => ({ kind: "fact", fact })));
  });

  test("recovery starts at the newest checkpoint this version can use", async () => {
    const journal = await open();
    const checkpoint = (seq: number, version: string) => ({
      at: 1_000_000 + seq,
      seq,
      version,
      taps: { t: new Map([[1, -0]]) },
      deadlines: [],
    });
    journal.fact(tick(1));
    journal.checkpoint(checkpoint(1, "old"));
    journal.fact(tick(2));
    journal.checkpoint(checkpoint(2, "new"));
    journal.fact(tick(3));
    const kinds = async (version: string) =>
      (await everything(journal, version)).map((entry) => (entry.kind === "fact" ? entry.fact.seq : entry.kind));
    expect(await kinds("new")).toEqual(["checkpoint", 3]);
    expect(await kinds("old")).toEqual(["checkpoint", 2, 3]);
    expect(await kinds("other")).toEqual([1, 2, 3]);
  });

  test("without a checkpoint it starts where it is told, with the plant description in force there", async () => {
    const journal = await open();
    for (const fact of [config(1, ["a", 1]), tick(2), config(3, ["a", 1], ["b", 2]), tick(4), tick(5)]) journal.fact(fact);
    const seqs = (await everything(journal, "v", 1_000_005)).map((entry) => (entry.kind === "fact" ? entry.fact.seq : -1));
    expect(seqs).toEqual([3, 5]);
  });

  test("a key that was given to one point is never taken for another", async () => {
    const journal = await open();
    journal.fact(config(1, ["a", 1]));
    expect(() => journal.fact(config(2, ["b", 1]))).toThrow(/keeps its key for good/);
    expect(() => journal.fact(config(2, ["a", 2]))).toThrow(/keeps its key for good/);
  });

  test("a second gateway on the same folder is refused", async () => {
    await open();
    await expect(openJournal({ folder, log: silentLog })).rejects.toMatchObject({ code: "busy" });
  });

  test("old segments are dropped whole when the bound is hit, but never the one with the newest checkpoint", async () => {
    const journal = await open({ segmentBytes: 20_000, maxBytes: 100_000 });
    for (let seq = 1; seq <= 100; seq++) {
      journal.fact(batch(seq, 200));
      await durable(journal, seq);
    }
    expect(segmentsIn(folder).length).toBeLessThan(8);
    const left = await everything(journal);
    expect(left.at(-1)).toMatchObject({ fact: { seq: 100 } });
    expect(left.length).toBeLessThan(60);
    journal.checkpoint({ at: 1_000_100, seq: 100, version: "v", taps: {}, deadlines: [] });
    for (let seq = 101; seq <= 200; seq++) {
      journal.fact(batch(seq, 200));
      await durable(journal, seq);
    }
    const recovered = await everything(journal);
    expect(recovered[0]).toMatchObject({ kind: "checkpoint" });
    expect(recovered).toHaveLength(101);
  });

  test("a damaged segment costs itself only", async () => {
    const journal = await open({ segmentBytes: 20_000 });
    for (let seq = 1; seq <= 40; seq++) {
      journal.fact(batch(seq, 200));
      await durable(journal, seq);
    }
    await journal.close();
    const names = segmentsIn(folder);
    writeFileSync(join(folder, names[2]!), "this was a segment");
    const again = await open();
    expect(again.damaged).toHaveLength(1);
    const seqs = new Set((await everything(again)).map((entry) => (entry.kind === "fact" ? entry.fact.seq : -1)));
    expect(seqs.size).toBeGreaterThan(30);
    expect(seqs).toContain(1);
    expect(seqs).toContain(40);
    expect(readdirSync(folder).some((name) => name.endsWith(".damaged"))).toBe(true);
  });

  test("when the newest segment is lost, no number and no key is used twice", async () => {
    const journal = await open({ segmentBytes: 20_000 });
    journal.fact(config(1, ["a", 1], ["b", 2]));
    for (let seq = 2; seq <= 40; seq++) {
      journal.fact(batch(seq, 200));
      await durable(journal, seq);
    }
    await journal.close();
    truncateSync(join(folder, segmentsIn(folder).at(-1)!), 5_000);
    const again = await open();
    expect(again.head.seq).toBeGreaterThan(40);
    expect(again.uuid).toBe(journal.uuid);
    expect(again.keyed([{ id: "new" }, { id: "b" }, { id: "a" }]).map(({ key }) => key)).toEqual([3, 2, 1]);
    again.fact(tick(again.head.seq + 1));
    await durable(again, again.head.seq + 1);
  });

  test("a lost register is rebuilt from the segments", async () => {
    const journal = await open();
    for (const fact of [config(1, ["a", 1]), config(2, ["a", 1], ["b", 7]), batch(3)]) journal.fact(fact);
    await journal.close();
    writeFileSync(join(folder, "register.sqlite"), "not a database at all, but long enough to be looked at as one".repeat(10));
    const again = await open();
    expect(again.uuid).toBe(journal.uuid);
    expect(again.keyed([{ id: "b" }, { id: "c" }, { id: "a" }]).map(({ key }) => key)).toEqual([7, 8, 1]);
    expect(again.head.seq).toBe(3);
  });
});
