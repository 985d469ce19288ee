import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { Story, ask, noon, second, until } from "#test/fakes/recording.ts";
import { openJournal, type OpenedJournal } from "../journal/open.ts";
import { databaseSettings } from "../settings.ts";
import { openStore, type OpenedStore } from "../store/open.ts";

let server: TestServer;
let journal: OpenedJournal;
let store: OpenedStore;
let url: string;
const folder = mkdtempSync(join(tmpdir(), "plainview-history-"));
const never = new AbortController().signal;
const minute = 60 * second;
/** Four hours of one value a second, a sine with a spike in it. */
const samples = 14_400;
const valueAt = (i: number) => (i === 7_000 ? 500 : Math.round(100 * Math.sin(i / 600)));
const story = new Story(noon);

beforeAll(async () => {
  server = await testServer();
  url = await server.fresh();
  journal = await openJournal({ folder, log: silentLog });
  journal.fact(story.plant({ flow: 1, "door/open": 2, note: 3, valve: 4 }));
  for (let i = 0; i < samples; i++) {
    journal.fact(story.batch(i === 100 ? { 1: null } : i % 600 === 0 ? { 1: valueAt(i), 4: i / 600 } : { 1: valueAt(i) }));
  }
  journal.fact(story.batch({ 2: true, 3: "calm" }));
  journal.fact(story.batch({ 1: 42 }, { lateUs: 3 * 60 * minute }));
  journal.fact(story.fact({ kind: "gap", stream: "plc", from: noon, to: noon + minute, lost: 3, why: "shed" }));
  journal.fact(story.fact({ kind: "gap", stream: "plc", from: noon + 2 * minute, to: noon + 4 * minute, lost: "unknown", why: "away" }));
  journal.fact(story.fact({ kind: "gap", stream: "plc", from: noon + 3 * minute, to: noon + 9 * minute, lost: 0, why: "backfilled" }));
  journal.fact(story.fact({ kind: "event", type: "restart", device: "plc-1", data: { n: 1 } }));
  for (const state of ["recorded", "confirmed"] as const) {
    const command = { id: "c1", act: { do: "set", point: "valve", value: 1 }, priority: 8, asked: "point.write" } as const;
    journal.fact(story.fact({ kind: "command", step: { command, state, by: state === "recorded" ? "ann" : "gateway" } }));
  }
  journal.follow(
    databaseSettings(url, { retention: { compressAfterMs: 1e12 }, flowMetrics: { flowRateLpm: "flow", pressurePa: "valve" } }),
  );
  await until(async () => {
    const [there] = await ask(url, "SELECT to_regclass('cursor') IS NOT NULL AS there");
    return there?.there === true && Number((await ask(url, "SELECT max(seq) AS seq FROM cursor"))[0]?.seq) >= story.seq;
  }, "everything is stored");
  store = openStore({ url, log: silentLog });
});
afterAll(async () => {
  await store?.close();
  await journal?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function all<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

const start = noon + 2 * second;
const end = start + samples * second;

describe("history", () => {
  test("gives every sample of a point in order, with what it really was", async () => {
    const rows = await all(store.raw(["flow"], start, end, { limit: 1e6, signal: never }));
    expect(rows).toHaveLength(samples + 1);
    expect(rows.map((row) => row.sourceTime)).toEqual(rows.map((row) => row.sourceTime).toSorted((a, b) => a - b));
    expect(rows[100]).toEqual({ point: "flow", sourceTime: start + 100 * second, at: start + 100 * second, value: null, quality: 128 });
    expect(await all(store.raw(["door/open", "note", "nobody"], noon, story.at, { limit: 10, signal: never }))).toMatchObject([
      { point: "door/open", value: 1 },
      { point: "note", value: "calm" },
    ]);
  });

  test("stops at the limit over all points together", async () => {
    expect(await all(store.raw(["flow", "valve"], start, end, { limit: 6_000, signal: never }))).toHaveLength(6_000);
  });

  test("tells what was known at a time: what came later is left out", async () => {
    const late = { limit: 1e6, signal: never };
    const stretch = [end - 180 * minute - 5 * second, end - 180 * minute + 5 * second] as const;
    const now = await all(store.raw(["flow"], ...stretch, late));
    const then = await all(store.raw(["flow"], ...stretch, { ...late, knownAt: end }));
    expect(now.length).toBe(then.length + 1);
  });

  test("buckets hold what their samples amount to, from the samples and from the rollups alike", async () => {
    for (const buckets of [240, 16]) {
      const rows = await all(store.buckets(["flow"], start, end, { buckets, signal: never }));
      expect(rows.length).toBeLessThanOrEqual(buckets + 1);
      expect(rows.reduce((sum, row) => sum + row.count, 0)).toBeGreaterThanOrEqual(samples);
      expect(Math.max(...rows.map((row) => row.max!))).toBe(500);
      expect(Math.max(...rows.map((row) => row.quality))).toBe(128);
      const whole = rows.reduce((sum, row) => sum + row.mean! * row.count, 0);
      const expected = Array.from({ length: samples }, (_, i) => (i === 100 ? 0 : valueAt(i))).reduce((a, b) => a + b, 42);
      expect(whole).toBeCloseTo(expected, 3);
    }
  });

  test("the last of a bucket is its last usable value", async () => {
    const [row] = await all(store.buckets(["flow"], start + 90 * second, start + 101 * second, { buckets: 1, signal: never }));
    expect(row).toMatchObject({ last: valueAt(99), count: 10, quality: 128 });
  });

  test("stretches without samples are left out, held or drawn through, as asked", async () => {
    const asked = (fill: "none" | "previous" | "linear") =>
      all(store.buckets(["valve"], start, start + 20 * minute + second, { buckets: 1201, signal: never, fill }));
    expect(await asked("none")).toHaveLength(3);
    const held = await asked("previous");
    expect(held).toHaveLength(1201);
    expect(held[300]).toMatchObject({ last: 0, count: 0 });
    expect((await asked("linear"))[300]).toMatchObject({ mean: 0.5, count: 0 });
  });

  test("a spike is never lost in a line fitted to pixels", async () => {
    const dots = await all(store.bestFit(["flow"], start, end, { pixels: 200, signal: never }));
    expect(dots.length).toBeLessThanOrEqual(804);
    expect(dots.some((dot) => dot.value === 500)).toBe(true);
  });

  test("a value at an instant is the one before it, or on the line to the next", async () => {
    const instants = [start + 300 * second, start - minute];
    expect(await store.atTimes(["valve"], instants, { interpolate: false, maxAgeUs: 60 * minute })).toMatchObject([
      { value: 0 },
      { value: null, quality: 132 },
    ]);
    expect(await store.atTimes(["valve"], instants.slice(0, 1), { interpolate: true, maxAgeUs: 60 * minute })).toMatchObject([
      { value: 0.5 },
    ]);
    expect(await store.atTimes(["note"], [story.at], { interpolate: false, maxAgeUs: 60 * minute })).toMatchObject([{ value: "calm" }]);
  });

  test("a mean weighted by time counts a value for as long as it held", async () => {
    const rows = await store.timeWeighted(["valve"], start + 5 * minute, start + 15 * minute, { buckets: 1, signal: never });
    expect(rows).toMatchObject([{ mean: 0.5, covered: 1 }]);
  });

  test("the ledger says what is missing, what was filled, and what is still missing of it", async () => {
    expect(await store.ledger(noon, story.at)).toMatchObject([
      { lost: 3, state: "open" },
      { lost: "unknown", state: "partly", missing: [{ from: noon + 2 * minute, to: noon + 3 * minute }] },
    ]);
    expect(await store.ledger(noon, story.at, { stream: "plc/pump" })).toMatchObject([{ state: "open" }, { state: "partly" }]);
    expect(await store.ledger(noon, story.at, { stream: "plc-2" })).toEqual([]);
  });

  test("events, commands and newest values are found", async () => {
    expect(await store.events(noon, story.at, { kinds: ["event"], limit: 10 })).toMatchObject([
      { kind: "event", type: "restart", data: { n: 1 } },
    ]);
    const [command] = await store.commands({ user: "ann", point: "valve", limit: 5 });
    expect(command).toMatchObject({ step: { state: "confirmed", command: { id: "c1" } }, requestedAt: command!.at - second });
    expect(await store.commands({ state: "recorded", limit: 5 })).toEqual([]);
    const newest = new Map((await store.latest(["note", "flow"])).map((sample) => [sample.point, sample.value]));
    expect(newest).toEqual(
      new Map<string, unknown>([
        ["flow", valueAt(samples - 1)],
        ["note", "calm"],
      ]),
    );
  });

  test("the flow metrics of the product's document are hourly means of the points the site names", async () => {
    const rows = await store.flowMetrics(noon, end);
    expect(rows).toHaveLength(5);
    expect(rows[0]).toMatchObject({ time: noon, temperatureC: null });
    expect(rows[0]!.flowRateLpm).toBeTypeOf("number");
    expect(await ask(url, "SELECT count(*)::int AS n FROM flow_metrics_1h WHERE flow_rate_lpm IS NOT NULL")).toEqual([{ n: 5 }]);
  });

  test("a question whose asker left ends on the server too", async () => {
    const leaving = new AbortController();
    const reading = (async () => {
      for await (const _page of store.raw(["flow"], start, end, { limit: 1e6, signal: leaving.signal })) leaving.abort(new Error("left"));
    })();
    await expect(reading).rejects.toThrow("left");
    await until(async () => {
      const rows = await ask(
        url,
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'plainview history' AND state <> 'idle' AND datname = current_database()",
      );
      return rows.length === 0;
    }, "the server works on nothing of ours");
  });
});
