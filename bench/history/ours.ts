import { openJournal, type OpenedJournal } from "#db/journal/open.ts";
import { connect } from "#db/database/connect.ts";
import { setUpDatabase } from "#db/engine/set-up.ts";
import { databaseSettings } from "#db/settings.ts";
import { openStore } from "#db/store/open.ts";
import { silentLog } from "#src/kit/log.ts";
import { Story, ask, durable, until } from "#test/fakes/recording.ts";
import { batches, plantFact } from "./told.ts";

export interface OurResult {
  readonly perSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly rowBytes: number;
  readonly recordingBytes: number;
  /** Bytes a sample in the columnstore; undefined where there is none. */
  readonly compressedBytes: number | undefined;
}

/** Everything is in the journal already; measured from the first to the last committed row. */
export async function catchUp(url: string, folder: string, rows: number): Promise<OurResult> {
  await prepare(url);
  const journal = await openJournal({ folder, log: silentLog });
  const story = new Story();
  await tell(journal, story, rows);
  const result = await measured(url, rows, async () => {
    journal.follow(settingsOf(url));
    await stored(url, story.seq);
  });
  await journal.close();
  return result;
}

/** The recording read back as a replay reads it, from the database and from the journal: samples a second. */
export async function readBack(url: string, folder: string): Promise<{ database: number; journal: number }> {
  const rate = async (where: { url: string } | { journalFolder: string }) => {
    const store = openStore({ ...where, log: silentLog });
    const began = performance.now();
    let samples = 0;
    for await (const page of store.scan(0, Number.MAX_SAFE_INTEGER)) {
      for (const entry of page) if (entry.kind === "fact" && entry.fact.kind === "samples") samples += entry.fact.samples.keys.length;
    }
    const perSecond = samples / ((performance.now() - began) / 1000);
    await store.close();
    return perSecond;
  };
  return { database: await rate({ url }), journal: await rate({ journalFolder: folder }) };
}

/** Batches as they come, as fast as the journal takes them. */
export async function live(url: string, folder: string, rows: number): Promise<OurResult> {
  await prepare(url);
  const journal = await openJournal({ folder, log: silentLog });
  const story = new Story();
  journal.follow(settingsOf(url));
  journal.fact(plantFact(story));
  await stored(url, story.seq);
  const result = await measured(url, rows, async () => {
    await tell(journal, story, rows, false);
    await stored(url, story.seq);
  });
  await journal.close();
  return result;
}

const settingsOf = (url: string) => databaseSettings(url, { retention: { compressAfterMs: 1e12 } });

async function prepare(url: string): Promise<void> {
  const client = await connect(url, "bench");
  await setUpDatabase(client, settingsOf(url), silentLog);
  await client.end();
}

/** Samples waiting in the journal's queue at most, as intake would hold it. */
const waitingMax = 1_000_000;

async function tell(journal: OpenedJournal, story: Story, rows: number, plant = true): Promise<void> {
  if (plant) journal.fact(plantFact(story));
  const last = durable(journal, story.seq + Math.ceil(rows / 2_000));
  for (const fact of batches(story, rows)) {
    journal.fact(fact);
    if (fact.seq % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    while (journal.backlog > waitingMax) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await last;
}

async function stored(url: string, seq: number): Promise<void> {
  const client = await connect(url, "bench");
  await until(
    async () => Number((await client.query<{ seq: string }>("SELECT max(seq) AS seq FROM cursor")).rows[0]?.seq ?? -1) >= seq,
    "the rows are stored",
    300_000,
  );
  await client.end();
}

async function measured(url: string, rows: number, work: () => Promise<void>): Promise<OurResult> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  const size = await sizes(url);
  return {
    perSecond: rows / seconds,
    cpuSecondsPerMillion: (used.user + used.system) / rows,
    rowBytes: size.samples / rows,
    recordingBytes: size.batches / rows,
    compressedBytes: await compressed(url, rows),
  };
}

/** Of a hypertable its chunks, of a table itself. */
async function sizes(url: string): Promise<{ samples: number; batches: number }> {
  const [timescale] = await ask(url, "SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'");
  const size = timescale ? "hypertable_size" : "pg_total_relation_size";
  const [row] = await ask<{ samples: string; batches: string }>(url, `SELECT ${size}('samples') AS samples, ${size}('batches') AS batches`);
  return { samples: Number(row?.samples), batches: Number(row?.batches) };
}

async function compressed(url: string, rows: number): Promise<number | undefined> {
  const [license] = await ask<{ is: string | null }>(url, "SELECT current_setting('timescaledb.license', true) AS is");
  if (license?.is !== "timescale") return undefined;
  await ask(url, "SELECT compress_chunk(c) FROM show_chunks('samples') c");
  const [row] = await ask<{ size: string }>(url, "SELECT hypertable_size('samples') AS size");
  return Number(row?.size) / rows;
}
