import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { Story, durable, noon, second, until } from "#test/fakes/recording.ts";
import { connect, type Client } from "../database/connect.ts";
import { openJournal, type JournalOptions, type OpenedJournal } from "../journal/open.ts";
import { databaseSettings } from "../settings.ts";

let server: TestServer;
let folder: string;
let url: string;
let client: Client;
const opened: OpenedJournal[] = [];

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "plainview-writer-"));
  url = await server.fresh();
  client = await connect(url, "test");
});
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
  await client.end();
  rmSync(folder, { recursive: true, force: true });
});

// The facts of these tests are dated; a server's own retention goes by its own clock and would drop them.
const settings = () => databaseSettings(url, { batch: { samples: 5_000, everyMs: 10 }, retention: { compressAfterMs: 1e12 } });

async function open(options: Partial<JournalOptions> = {}, follow = true): Promise<OpenedJournal> {
  const journal = await openJournal({ folder, log: silentLog, ...options });
  opened.push(journal);
  if (follow) journal.follow(settings());
  return journal;
}

async function tell(journal: OpenedJournal, facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) journal.fact(fact);
  await stored(journal, facts.at(-1)!.seq);
}

const rows = async (sql: string, values: unknown[] = []) => (await client.query<Record<string, unknown>>(sql, values)).rows;
const cursor = async () => Number((await rows("SELECT seq FROM cursor WHERE journal_uuid = $1", [opened.at(-1)!.uuid]))[0]?.seq ?? -1);
const stored = (journal: OpenedJournal, seq: number) =>
  until(async () => {
    const ready = await rows("SELECT to_regclass('cursor') IS NOT NULL AS there");
    return ready[0]?.there === true && (await cursor()) >= seq;
  }, `the database has seq ${seq} of ${journal.uuid}`);
const sampleCount = async () => Number((await rows("SELECT count(*) AS n FROM samples"))[0]!.n);

/** `n` batches of one sample each, of point key 1, counting up. */
const counting = (story: Story, n: number, from = 0) => Array.from({ length: n }, (_, i) => story.batch({ 1: from + i }));

describe("the database writer", () => {
  test("stores samples, texts, facts, steps, gaps and the newest values under readable names", async () => {
    const story = new Story();
    const journal = await open();
    await tell(journal, [
      story.plant({ "tank/level": 1, "tank/note": 2 }),
      story.batch({ 1: 1.5, 2: "a\0b" }),
      story.batch({ 1: null }),
      story.fact({ kind: "event", type: "birth", device: "plc-1", data: { odd: "x\0y\ud800" } }),
      story.fact({ kind: "gap", stream: "plc", from: noon, to: noon + second, lost: 7, why: "shed" }),
      story.fact({
        kind: "command",
        step: {
          command: { id: "c1", act: { do: "set", point: "tank/level", value: 3 }, priority: 8, asked: "point.write" },
          state: "confirmed",
          by: "ann",
        },
      }),
    ]);
    journal.derived({ at: story.at, seq: story.seq, tap: "alarms", subject: "high", state: "raised" });
    await tell(journal, [story.fact({ kind: "tick" })]);
    expect(await rows("SELECT reason FROM quarantine")).toEqual([]);
    expect(await rows("SELECT point, value, text, quality FROM sample_history ORDER BY time, point")).toEqual([
      { point: "tank/level", value: 1.5, text: null, quality: "good" },
      { point: "tank/note", value: null, text: "a\ufffdb", quality: "good" },
      { point: "tank/level", value: null, text: null, quality: "bad" },
    ]);
    expect(journal.status().readers).toMatchObject([{ name: "database", engine: expect.stringContaining(server.engine) }]);
    expect(await rows("SELECT point, value, text, quality, unit FROM latest_values ORDER BY point")).toEqual([
      { point: "tank/level", value: null, text: null, quality: "bad", unit: "Pa" },
      { point: "tank/note", value: null, text: "a\ufffdb", quality: "good", unit: "Pa" },
    ]);
    expect(await rows("SELECT kind, type, device FROM event_log")).toEqual([{ kind: "event", type: "birth", device: "plc-1" }]);
    expect(await rows("SELECT command_id, state, by, point FROM command_log")).toEqual([
      { command_id: "c1", state: "confirmed", by: "ann", point: "tank/level" },
    ]);
    expect(await rows("SELECT stream, lost::int, why FROM declared_gaps")).toEqual([{ stream: "plc", lost: 7, why: "shed" }]);
    expect(await rows("SELECT subject, state FROM alarm_log")).toEqual([{ subject: "high", state: "raised" }]);
  });

  test("goes on where it stopped, storing nothing twice", async () => {
    const story = new Story();
    const first = await open();
    await tell(first, [story.plant({ a: 1 }), ...counting(story, 50)]);
    await first.close();
    const second = await open();
    await tell(second, counting(story, 50, 50));
    expect(await sampleCount()).toBe(100);
    expect(await rows("SELECT count(DISTINCT value)::int AS n FROM samples")).toEqual([{ n: 100 }]);
  });

  test("two writers at once store every sample once", async () => {
    const story = new Story();
    const journal = await open();
    journal.follow(settings());
    journal.follow(settings());
    await tell(journal, [story.plant({ a: 1 }), ...counting(story, 2_000)]);
    expect(await rows("SELECT count(*)::int AS n, count(DISTINCT value)::int AS d FROM samples")).toEqual([{ n: 2_000, d: 2_000 }]);
    expect(await rows("SELECT sum(entries)::int AS n FROM batches")).toEqual([{ n: 2_001 }]);
  });

  test("a journal that was deleted begins again from its first entry, and that is declared", async () => {
    const story = new Story();
    const first = await open();
    await tell(first, [story.plant({ a: 1, b: 2 }), ...counting(story, 10)]);
    await first.close();
    rmSync(folder, { recursive: true });
    const second = await open();
    // The new journal gives the keys out differently; the points are the same.
    await tell(second, [story.plant({ b: 1, a: 2 }), ...counting(story, 5, 100)]);
    expect(await rows("SELECT p.id, count(*)::int AS n FROM samples s JOIN points p ON p.key = s.point_key GROUP BY 1 ORDER BY 1")).toEqual(
      [
        { id: "a", n: 10 },
        { id: "b", n: 5 },
      ],
    );
    expect(await rows("SELECT stream, lost FROM declared_gaps")).toEqual([{ stream: "journal", lost: null }]);
  });

  test.each([0, 30])("a journal put back to an earlier state stores what is new and nothing twice (%i entries later)", async (unseen) => {
    const story = new Story();
    const before = await open();
    await tell(before, [story.plant({ a: 1 }), ...counting(story, 10)]);
    await before.close();
    cpSync(folder, `${folder}-copy`, { recursive: true });
    const lost = await open();
    const seqThen = story.seq;
    await tell(lost, counting(story, 20, 10));
    await lost.close();
    rmSync(folder, { recursive: true });
    cpSync(`${folder}-copy`, folder, { recursive: true });
    rmSync(`${folder}-copy`, { recursive: true });
    // It writes on without the database for a while, so that its numbers pass those the database has read.
    const again = new Story(story.at + 60 * second, seqThen);
    const third = await open({}, false);
    for (const fact of counting(again, unseen, 1_000)) third.fact(fact);
    third.follow(settings());
    third.fact(again.batch({ 1: 2_000 }));
    await until(async () => (await rows("SELECT 1 FROM samples WHERE value = 2000")).length > 0, "the newest sample is stored");
    expect(await rows("SELECT count(*)::int AS n, count(DISTINCT value)::int AS d FROM samples")).toEqual([
      { n: 31 + unseen, d: 31 + unseen },
    ]);
    expect(await rows("SELECT stream FROM declared_gaps")).toEqual([{ stream: "journal" }]);
  });

  test("keys first met in a transaction that was lost are met again", async () => {
    const story = new Story();
    const journal = await open();
    await tell(journal, [story.plant({ a: 1 }), ...counting(story, 3)]);
    // Refuses the rows, but only after the new key was registered in the same transaction.
    await rows("ALTER TABLE samples ADD CONSTRAINT no_sevens CHECK (value IS DISTINCT FROM 7)");
    journal.fact(story.plant({ a: 1, b: 2 }));
    journal.fact(story.batch({ 2: 7 }));
    await tell(journal, [story.batch({ 2: 8 })]);
    expect(await rows("SELECT p.id, s.value FROM samples s JOIN points p ON p.key = s.point_key WHERE p.id = 'b'")).toEqual([
      { id: "b", value: 8 },
    ]);
    expect(await rows("SELECT samples, reason FROM quarantine")).toEqual([{ samples: 1, reason: expect.stringContaining("no_sevens") }]);
  });

  test("a poisonous entry is put aside with the reason, and everything around it is stored", async () => {
    const story = new Story();
    const journal = await open({}, false);
    journal.fact(story.plant({ a: 1 }));
    for (let i = 0; i < 100; i++) {
      if (i === 37) journal.fact(story.batch({ 99: 1 }));
      journal.fact(story.batch({ 1: i }));
    }
    journal.follow(settings());
    await stored(journal, story.seq);
    expect(await sampleCount()).toBe(100);
    expect(await rows("SELECT reason FROM quarantine")).toEqual([{ reason: "point key 99 was never given out by this journal" }]);
    expect(await rows("SELECT sum(entries)::int AS n FROM batches")).toEqual([{ n: 102 }]);
  });

  test("absurd source times are stored near their receipt with the original beside them", async () => {
    const story = new Story();
    const journal = await open();
    await tell(journal, [
      story.plant({ a: 1 }),
      story.batch({ 1: 1 }, { lateUs: noon }),
      story.batch({ 1: 2 }, { lateUs: -noon }),
      story.batch({ 1: 3 }, { lateUs: Number.NaN }),
    ]);
    expect(await rows("SELECT value, at - time AS off, extract(year FROM source_time)::int AS year FROM samples ORDER BY value")).toEqual([
      { value: 1, off: expect.objectContaining({ days: 366 }), year: 1970 },
      { value: 2, off: expect.objectContaining({ days: -1 }), year: 2082 },
      { value: 3, off: {}, year: null },
    ]);
  });

  test("late and historical samples are stored, and the newest value stays the newest", async () => {
    const story = new Story();
    const journal = await open();
    await tell(journal, [
      story.plant({ a: 1 }),
      story.batch({ 1: 10 }),
      story.batch({ 1: 5 }, { lateUs: 60 * second }),
      story.batch({ 1: 99 }, { lateUs: -second, origin: "historical" }),
    ]);
    expect(await sampleCount()).toBe(3);
    expect(await rows("SELECT value FROM point_last")).toEqual([{ value: 10 }]);
  });

  test("points that were renamed or removed keep their history and are marked", async () => {
    const story = new Story();
    const journal = await open();
    await tell(journal, [
      story.plant({ a: 1, b: 2 }),
      story.batch({ 1: 1, 2: 2 }),
      story.plant({ a: 1, c: 3 }),
      story.batch({ 1: 3, 3: 4 }),
    ]);
    expect(
      await rows("SELECT p.id, p.active, count(*)::int AS n FROM samples s JOIN points p ON p.key = s.point_key GROUP BY 1, 2 ORDER BY 1"),
    ).toEqual([
      { id: "a", active: true, n: 2 },
      { id: "b", active: false, n: 1 },
      { id: "c", active: true, n: 1 },
    ]);
  });

  test("what the journal dropped before the database came is a declared gap that names the reader", async () => {
    const story = new Story();
    const journal = await open({ segmentBytes: 30_000, maxBytes: 120_000 }, false);
    journal.fact(story.plant({ a: 1 }));
    const many = Object.fromEntries(Array.from({ length: 100 }, () => [1, 1]));
    for (let i = 0; i < 300; i++) {
      journal.fact(story.fact({ kind: "event", type: "filler", data: { text: "x".repeat(1_000) } }));
      journal.fact(story.batch(many));
      // Segments end between commits, so there must be some.
      if (i % 5 === 0) await durable(journal, story.seq);
    }
    journal.follow(settings());
    await stored(journal, story.seq);
    const [gap] = await rows("SELECT lost, why FROM declared_gaps");
    expect(gap?.why).toContain('reader "database"');
    expect(Number(gap?.lost) + (await sampleCount())).toBe(300);
    expect(await sampleCount()).toBeGreaterThan(10);
  });
});
