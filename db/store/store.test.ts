import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JournalEntry } from "#src/contract/store.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { Story, ask, durable, noon, second, until } from "#test/fakes/recording.ts";
import { openJournal, type OpenedJournal } from "../journal/open.ts";
import { databaseSettings } from "../settings.ts";
import { openStore, type OpenedStore, type StoreOptions } from "./open.ts";

let server: TestServer;
let folder: string;
let url: string;
const closing: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "plainview-store-"));
  url = await server.fresh();
});
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function journal(): Promise<OpenedJournal> {
  const opened = await openJournal({ folder, log: silentLog, segmentBytes: 20_000 });
  closing.push(opened);
  return opened;
}

function store(options: Partial<StoreOptions>): OpenedStore {
  const opened = openStore({ log: silentLog, ...options });
  closing.push(opened);
  return opened;
}

async function follow(into: OpenedJournal, seq: number): Promise<void> {
  into.follow(databaseSettings(url, { batch: { samples: 500, everyMs: 10 }, retention: { compressAfterMs: 1e12 } }));
  const at = async () => {
    const [there] = await ask(url, "SELECT to_regclass('cursor') IS NOT NULL AS there");
    return there?.there === true ? Number((await ask(url, "SELECT max(seq) AS seq FROM cursor"))[0]?.seq ?? -1) : -1;
  };
  await until(async () => (await at()) >= seq, `the database has ${seq}`);
}

async function told(from: OpenedStore, start: number, end: number): Promise<JournalEntry[]> {
  const all: JournalEntry[] = [];
  for await (const page of from.scan(start, end)) all.push(...page);
  return all;
}

/** Every kind of entry, with what is hard to keep: not-a-number, minus zero, text, several entries under one stamp. */
function entries(story: Story, n: number): JournalEntry[] {
  const all: JournalEntry[] = [{ kind: "fact", fact: story.plant({ a: 1, b: 2 }) }];
  for (let i = 0; i < n; i++) {
    all.push({ kind: "fact", fact: story.batch({ 1: i % 3 === 0 ? -0 : i, 2: i % 5 === 0 ? `text ${i}` : null }) });
    if (i % 7 === 0)
      all.push({
        kind: "derived",
        derivation: { at: story.at, seq: story.seq, tap: "t", subject: "a", state: "high", detail: { value: Number.NaN } },
      });
    if (i % 11 === 0) all.push({ kind: "fact", fact: story.fact({ kind: "link", adapter: "plc", state: i % 2 ? "up" : "down" }, 0) });
  }
  return all;
}

function record(into: OpenedJournal, all: readonly JournalEntry[]): void {
  for (const entry of all) {
    if (entry.kind === "fact") into.fact(entry.fact);
    else if (entry.kind === "derived") into.derived(entry.derivation);
    else into.checkpoint(entry.checkpoint);
  }
}

describe("the recording", () => {
  test("comes back from the database exactly as it was, in order", async () => {
    const story = new Story();
    const into = await journal();
    const all = entries(story, 300);
    record(into, all);
    await follow(into, story.seq);
    expect(await told(store({ url }), noon, story.at + 1)).toEqual(all);
  });

  test("any stretch of it is what lies between its ends, and no more", async () => {
    const story = new Story();
    const into = await journal();
    const all = entries(story, 200);
    record(into, all);
    await follow(into, story.seq);
    const atOf = (entry: JournalEntry) => (entry.kind === "fact" ? entry.fact.at : entry.kind === "derived" ? entry.derivation.at : 0);
    for (const [from, to] of [
      [noon + 50 * second, noon + 51 * second],
      [noon + 13 * second + 1, noon + 140 * second],
      [0, noon],
    ] as const) {
      const expected = all.filter((entry) => atOf(entry) >= from && atOf(entry) < to);
      expect(await told(store({ url }), from, to)).toEqual(expected);
      expect(await told(store({ journalFolder: folder }), from, to)).toEqual(expected);
    }
  });

  test("what the database does not hold yet comes from the journal, without a seam", async () => {
    const story = new Story();
    const into = await journal();
    const first = entries(story, 100);
    record(into, first);
    await follow(into, story.seq);
    await into.close();
    const again = await journal();
    const later = [
      { kind: "derived" as const, derivation: { at: story.at, seq: story.seq, tap: "t", subject: "a", state: "same stamp" } },
      ...entries(story, 50),
    ];
    const stored = durable(again, story.seq);
    record(again, later);
    await stored;
    // As if the journal had lost its beginning long ago: the database must be asked for it.
    const both = store({ url, journalFolder: folder });
    expect(await told(both, noon, story.at + 1)).toEqual([...first, ...later]);
    const [oldest] = await ask<{ path: string }>(url, "SELECT 1 AS path");
    expect(oldest).toBeDefined();
    expect(await both.extent()).toEqual({ from: noon + second, to: story.at });
  });

  test("with the database away the journal's part can still be told", async () => {
    const story = new Story();
    const into = await journal();
    const all = entries(story, 60);
    const stored = durable(into, story.seq);
    record(into, all);
    await stored;
    const alone = store({ url: "postgresql://nobody@127.0.0.1:1/none", journalFolder: folder });
    expect(await told(alone, 0, story.at + 1)).toEqual(all);
  });

  test("the newest checkpoint of this version and the plant description in force are found at any time", async () => {
    const story = new Story();
    const into = await journal();
    const checkpoint = (version: string): JournalEntry => ({
      kind: "checkpoint",
      checkpoint: {
        at: story.at,
        seq: story.seq,
        version,
        taps: { latest: new Map([["a", Float64Array.of(-0, Number.NaN)]]) },
        deadlines: [[story.at, "t", 1]],
      },
    });
    const all: JournalEntry[] = [];
    for (let i = 0; i < 5; i++) all.push(...entries(story, 20), checkpoint(`v${i % 2}`));
    record(into, all);
    await follow(into, story.seq);
    const found = all.flatMap((entry) => (entry.kind === "checkpoint" && entry.checkpoint.version === "v1" ? [entry.checkpoint] : []));
    const configs = all.flatMap((entry) => (entry.kind === "fact" && entry.fact.kind === "config" ? [entry.fact] : []));
    for (const where of [{ url }, { journalFolder: folder }]) {
      const asked = store(where);
      expect(await asked.checkpointBefore(story.at, "v1")).toEqual(found[1]);
      expect(await asked.checkpointBefore(found[1]!.at - 1, "v1")).toEqual(found[0]);
      expect(await asked.checkpointBefore(found[0]!.at - 1, "v1")).toBeUndefined();
      expect(await asked.configBefore(configs[3]!.at)).toEqual(configs[3]);
      expect(await asked.configBefore(configs[3]!.at - 1)).toEqual(configs[2]);
      expect(await asked.configBefore(noon)).toBeUndefined();
    }
  });
});
