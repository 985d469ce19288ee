import { backOff } from "#src/kit/back-off.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import { seededRandom } from "#src/kit/random.ts";
import type { ReaderStatus } from "#src/contract/store.ts";
import { connect, type Client } from "../database/connect.ts";
import { explain, isPoison } from "../database/errors.ts";
import { describeFeatures } from "../engine/features.ts";
import { setUpDatabase, type Engine } from "../engine/set-up.ts";
import type { Follower, JournalSource } from "../journal/source.ts";
import type { PlacedEntry } from "../journal/segment.ts";
import type { DatabaseSettings } from "../settings.ts";
import { Ahead } from "./ahead.ts";
import { missingBefore } from "./holes.ts";
import { lateLimit } from "./late.ts";
import { keepUp, type Upkeep } from "./upkeep.ts";
import { findPlace, readerName, type Standing } from "./place.ts";
import { PointKeys } from "./points.ts";
import { SpareRows, type Rows } from "./row-set.ts";
import type { RowsContext } from "./rows.ts";
import { CursorMoved, Poison, store } from "./transaction.ts";

/** Stores what the journal holds in the database, for as long as the journal is open. The journal never waits for it. */
export function followJournal(source: JournalSource, settings: DatabaseSettings, log: Log): Follower {
  const reader = new DatabaseReader(source, settings, log);
  const running = reader.run();
  return {
    async close() {
      reader.stop();
      // A connection that is still being opened cannot be cut; nothing is lost by not waiting for it.
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, stopWithinMs * 1.2))]);
    },
  };
}

/** A transaction that has not ended by then is given up with its connection: the server may be frozen behind an open socket. */
const stuckAfterMs = 300_000;
/** A stop waits this long for the transaction under way. The journal has it all; nothing is lost by giving up. */
const stopWithinMs = 1_000;
/** Bytes of the journal for one sample at most, about: what is no sample, or carries text, fills a transaction too. */
const bytesPerSample = 24;
/** When this many transactions' worth waits, the database was away or is slow. */
const outageBatches = 4;

class DatabaseReader {
  #source: JournalSource;
  #settings: DatabaseSettings;
  #log: Log;
  #stopping = false;
  #client: Client | undefined;
  #wake = () => {};
  /** Entries in one transaction at most; small while a poisonous one is being isolated. */
  #limit = Number.POSITIVE_INFINITY;
  #engine: Engine | undefined;
  readonly #context: Pick<RowsContext, "clamp" | "spare">;

  constructor(source: JournalSource, settings: DatabaseSettings, log: Log) {
    this.#source = source;
    this.#settings = settings;
    const { past, future } = settings.clampSourceTimeMs;
    this.#context = { spare: new SpareRows(), clamp: { pastUs: past * 1000, futureUs: future * 1000 } };
    this.#log = log;
    source.onGrowth(() => this.#wake());
  }

  stop(): void {
    this.#stopping = true;
    this.#wake();
    setTimeout(() => this.#cut(), stopWithinMs).unref();
  }

  async run(): Promise<void> {
    const pause = backOff({ firstMs: 250, ceilingMs: 5_000, random: seededRandom(this.#source.head.seq + 1) });
    let told = "";
    while (!this.#stopping) {
      try {
        await this.#session(() => {
          pause.reset();
          told = "";
        });
      } catch (error) {
        if (this.#stopping) break;
        const { message } = explain(error, "storing in the database");
        this.#report("waiting", undefined, message);
        if (message !== told) this.#log.warn(message);
        told = message;
        await this.#sleep(pause.next());
      }
    }
    this.#report("stopped", undefined);
  }

  async #session(connected: () => void): Promise<void> {
    const client = await connect(this.#settings.url, "writer");
    this.#client = client;
    let upkeep: Upkeep | undefined;
    try {
      const engine = await this.#watched(setUpDatabase(client, this.#settings, this.#log));
      this.#engine = engine;
      const keys = new PointKeys();
      let standing = await findPlace(client, this.#source);
      await keys.load(client, standing.uuid);
      connected();
      upkeep = keepUp(this.#settings, engine, () => standing.at, this.#log.area("upkeep"));
      const ahead = new Ahead();
      while (!this.#stopping) {
        const ready = await ahead.take(standing);
        const page = ready?.entries ?? this.#page(standing);
        if (page.length === 0) {
          this.#report("following", standing);
          await this.#growth();
          continue;
        }
        const began = performance.now();
        try {
          const storing = this.#store(client, keys, standing, page, { rows: ready?.rows });
          ahead.prepare({ ...page.at(-1)!, uuid: standing.uuid }, keys, this.#context, (after) => this.#fullPage(after));
          standing = await this.#watched(storing);
          this.#limit *= 2;
        } catch (error) {
          ahead.forget();
          if (error instanceof CursorMoved) {
            standing = await findPlace(client, this.#source);
            await keys.load(client, standing.uuid);
          } else standing = await this.#isolate(client, keys, standing, page, error);
        }
        this.#source.mark(readerName, standing);
        await this.#pace(standing, began, ahead.isReady);
      }
    } finally {
      await upkeep?.stop();
      this.#client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  #page(standing: Standing): readonly PlacedEntry[] {
    const most = this.#mostAtOnce(standing.position);
    const page = this.#source.read(standing.position + 1, most * bytesPerSample, most);
    return page.length > this.#limit ? page.slice(0, this.#limit) : page;
  }

  /** A whole transaction's worth, or nothing: what is less may grow until its turn comes. */
  #fullPage(after: number): readonly PlacedEntry[] | undefined {
    if (this.#limit < 1_000 || !this.#isMuch(after)) return undefined;
    const most = this.#mostAtOnce(after);
    const page = this.#source.read(after + 1, most * bytesPerSample, most);
    const [samples, bytes] = page.reduce(([n, size], entry) => [n + entry.samples, size + entry.body.length], [0, 0]);
    return samples >= most / 2 || bytes >= (most * bytesPerSample) / 2 ? page : undefined;
  }

  #store(
    client: Client,
    keys: PointKeys,
    from: Standing,
    entries: readonly PlacedEntry[],
    about: { readonly rows?: Rows | undefined; readonly quarantine?: string },
  ): Promise<Standing> {
    const { rows, quarantine } = about;
    return store(client, keys, {
      from,
      entries,
      gaps: missingBefore(this.#source, from, entries),
      pointOf: (key) => this.#source.pointOf(key),
      context: this.#context,
      lateBefore: (open) => lateLimit(open, this.#engine!, this.#settings, from.at),
      ...(quarantine !== undefined && { quarantine }),
      ...(rows && { rows }),
    });
  }

  /** Halves what is tried until one entry stands alone; that one is put aside with the reason, and the rest goes on. */
  async #isolate(client: Client, keys: PointKeys, standing: Standing, page: readonly PlacedEntry[], error: unknown): Promise<Standing> {
    if (!(error instanceof Poison) && !isPoison(error)) throw error;
    if (page.length > 1) {
      this.#limit = Math.floor(page.length / 2);
      return standing;
    }
    const reason = messageOf(error);
    const moved = await this.#store(client, keys, standing, page, { quarantine: reason });
    const { position, samples } = page[0]!;
    this.#log.error("the database refused an entry; it is kept in the table quarantine", { position, samples, reason });
    return moved;
  }

  /** Waits so that commits are not more frequent than asked for, unless much is waiting. */
  async #pace(standing: Standing, began: number, isNextReady: boolean): Promise<void> {
    const behind = this.#source.head.position - standing.position;
    this.#report(behind > 1_000 ? "catching up" : "following", standing);
    if (isNextReady) return;
    const wait = this.#settings.batch.everyMs - (performance.now() - began);
    if (wait > 0 && this.#limit > 1_000 && !this.#isMuch(standing.position)) await this.#sleep(wait);
  }

  /** Whether enough waits to be worth a transaction at once. */
  #isMuch(after: number): boolean {
    return this.#waiting(after) >= this.#settings.batch.samples / 2;
  }

  /** Samples of one transaction: twice as many after an outage, where each costs time, and live what memory allows. */
  #mostAtOnce(after: number): number {
    const { samples } = this.#settings.batch;
    return samples * (this.#waiting(after) > outageBatches * samples ? 2 : 1);
  }

  /** Samples not stored yet, counted without reading them; many entries are as good as any number of samples. */
  #waiting(after: number): number {
    const last = this.#source.head.position;
    return last - after > 1_000 ? Infinity : this.#source.samplesBetween(after + 1, last);
  }

  #report(state: ReaderStatus["state"], standing: Standing | undefined, message?: string): void {
    const behindEntries = standing ? this.#source.head.position - standing.position : this.#source.behind(readerName);
    const features = this.#engine?.features;
    const engine = features && [describeFeatures(features), ...features.because].join("; ");
    this.#source.report({
      name: readerName,
      state,
      behindEntries,
      ...(engine !== undefined && { engine }),
      ...(message !== undefined && { message }),
    });
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#cut(), stuckAfterMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the connection under whatever waits on it. */
  #cut(): void {
    (this.#client as unknown as { connection?: { stream?: { destroy(error: Error): void } } } | undefined)?.connection?.stream?.destroy(
      new GatewayError("database-away", "the database did not answer for minutes, or the gateway stops"),
    );
  }

  #growth(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#stopping) resolve();
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        if (!this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
  }
}
