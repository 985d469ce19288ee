import { Worker } from "node:worker_threads";
import type { Derivation, Fact } from "#msgs/fact.ts";
import type { PointId, PointKey } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Journal, JournalEntry, JournalStatus, ReaderStatus } from "#src/contract/store.ts";
import type { Checkpoint } from "#src/contract/timeline.ts";
import { GatewayError, unreachable } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import { decodeEntry, encodeEntry } from "../codec/entry.ts";
import { Parcel, openParcel } from "../codec/parcel.ts";
import type { DatabaseSettings } from "../settings.ts";
import { KeyBook } from "./key-book.ts";
import type { RecoveryPlan, ToMain, ToWorker } from "./messages.ts";
import type { Drop } from "./register.ts";
import type { Bounds } from "./retention.ts";

export interface JournalSettings extends Bounds {
  readonly folder: string;
  readonly segmentBytes: number;
}

export interface JournalOptions extends Partial<JournalSettings> {
  readonly folder: string;
  readonly log: Log;
}

export interface OpenedJournal extends Journal {
  /** Stretches of this journal that were found damaged, newest open included: declare them as gaps. */
  readonly damaged: readonly Drop[];
  /** The database follows from here on. Never waits for it and never fails because of it. */
  follow(database: DatabaseSettings): void;
}

const hourMs = 3_600_000;
const defaults = {
  maxBytes: 8 * 2 ** 30,
  maxAgeMs: 14 * 24 * hourMs,
  keepMs: 6 * hourMs,
};
/** A file is this large at most, and small enough that a small bound still drops the past in pieces. */
const segmentBytesMax = 256 * 2 ** 20;
const segmentBytesMin = 64 * 2 ** 10;
const segmentsAtBound = 8;
/** A parcel is posted at the end of the turn, or before that when it has grown to this. */
const parcelBytes = 1 << 20;
/** A disk that has not answered for this long is called stalled. */
const stalledMs = 2_000;

/** Resolves when the journal is readable and writable; rejects with a GatewayError when it is not ours to write. */
export async function openJournal(options: JournalOptions): Promise<OpenedJournal> {
  const { log, ...given } = options;
  const bounded = { ...defaults, ...given };
  const share = Math.floor(bounded.maxBytes / segmentsAtBound);
  const settings: JournalSettings = { segmentBytes: Math.min(segmentBytesMax, Math.max(segmentBytesMin, share)), ...bounded };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: settings, name: "journal" });
  const opened = await new Promise<Extract<ToMain, { type: "opened" }>>((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", function first(message: ToMain) {
      if (message.type === "log") return relay(log, message);
      worker.off("message", first);
      worker.off("error", reject);
      if (message.type === "opened") resolve(message);
      else if (message.type === "refused") reject(new GatewayError(message.code, message.message));
    });
  });
  return new JournalClient(worker, opened, log);
}

type Answer = { resolve: (message: ToMain) => void; reject: (error: Error) => void };

class JournalClient implements OpenedJournal {
  readonly head;
  readonly clean;
  readonly damaged;
  uuid: string;
  backlog = 0;
  #keys: KeyBook;
  #newKeys: (readonly [PointId, PointKey])[] = [];
  #worker: Worker;
  #log: Log;
  #parcel = new Parcel();
  #versions = new Map<number, string>();
  #scheduled = false;
  #closing: Promise<void> | undefined;
  #durable = new Set<(seq: number) => void>();
  #answers = new Map<number, Answer>();
  #asked = 0;
  #readers = new Map<string, ReaderStatus>();
  #state: { state: JournalStatus["state"]; message?: string } = { state: "writing" };
  #isGone = false;
  #durableSeq: number;
  #bytes: number;
  /** Posted and not yet answered, and since when nothing was answered. */
  #posted = 0;
  #quietSince = 0;

  constructor(worker: Worker, opened: Extract<ToMain, { type: "opened" }>, log: Log) {
    this.#worker = worker;
    this.#log = log;
    this.uuid = opened.uuid;
    this.head = { at: opened.head.at, seq: opened.head.seq };
    this.clean = opened.clean;
    this.damaged = opened.damaged;
    this.#keys = new KeyBook(opened.keys);
    this.#durableSeq = opened.head.seq;
    this.#bytes = opened.bytes;
    worker.on("message", (message: ToMain) => this.#hear(message));
    worker.on("error", (error) => this.#died(error));
    worker.once("exit", () => (this.#isGone = true));
  }

  keyed<P extends { readonly id: PointId }>(points: readonly P[]): readonly (P & { readonly key: PointKey })[] {
    return this.#keys.keyed(points);
  }

  fact(fact: Fact): void {
    if (fact.kind === "config") this.#newKeys = [...this.#newKeys, ...this.#keys.learn(fact.points)];
    if (fact.kind === "samples") this.backlog += fact.samples.keys.length;
    this.#add({ kind: "fact", fact });
  }

  derived(derivation: Derivation): void {
    this.#add({ kind: "derived", derivation });
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#versions.set(this.#parcel.entries, checkpoint.version);
    this.#add({ kind: "checkpoint", checkpoint });
  }

  follow(database: DatabaseSettings): void {
    this.#post({ type: "follow", database });
  }

  async *recover(version: string, since?: Timestamp): AsyncGenerator<readonly JournalEntry[]> {
    this.#flush();
    const { first, from, to } = await this.#plan(version, since);
    for (const position of first) yield (await this.#page(position, position)).entries;
    let next: number | undefined = from;
    while (next !== undefined && next <= to) {
      const page: { entries: JournalEntry[]; next: number | undefined } = await this.#page(next, to);
      if (page.entries.length > 0) yield page.entries;
      next = page.next;
    }
  }

  onDurable(see: (seq: number) => void): () => void {
    this.#durable.add(see);
    return () => void this.#durable.delete(see);
  }

  status(): JournalStatus {
    const stalled = this.#state.state === "writing" && this.#posted > 0 && performance.now() - this.#quietSince > stalledMs;
    const state = stalled ? { state: "stalled" as const, message: "the disk has not answered for some seconds" } : this.#state;
    return { ...state, durableSeq: this.#durableSeq, bytes: this.#bytes, readers: [...this.#readers.values()] };
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#isGone) return resolve();
      this.#flush();
      this.#worker.once("exit", () => resolve());
      this.#post({ type: "close" });
    });
    return this.#closing;
  }

  #add(entry: JournalEntry): void {
    if (this.#closing) return;
    this.#parcel.add(encodeEntry(entry));
    if (this.#parcel.length >= parcelBytes) return this.#flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#parcel.entries === 0) return;
    const versions = this.#versions;
    const keys = this.#newKeys;
    const parcel = this.#parcel.take();
    this.#versions = new Map();
    this.#newKeys = [];
    if (this.#posted++ === 0) this.#quietSince = performance.now();
    this.#post({ type: "append", parcel, versions, keys }, [parcel.buffer]);
  }

  async #plan(version: string, since: Timestamp | undefined): Promise<RecoveryPlan> {
    const answer = await this.#ask((ask) => ({ type: "where", ask, version, since }));
    return (answer as Extract<ToMain, { type: "plan" }>).plan;
  }

  async #page(from: number, to: number): Promise<{ entries: JournalEntry[]; next: number | undefined }> {
    const answer = (await this.#ask((ask) => ({ type: "read", ask, from, to }))) as Extract<ToMain, { type: "page" }>;
    return { entries: [...openParcel(answer.parcel)].map(decodeEntry), next: answer.next };
  }

  #ask(question: (ask: number) => ToWorker): Promise<ToMain> {
    const ask = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#answers.set(ask, { resolve, reject });
      this.#post(question(ask));
    });
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: ToMain): void {
    switch (message.type) {
      case "durable":
        return this.#heardDurable(message);
      case "state":
        return this.#heardState(message.state, message.message);
      case "reader":
        return void this.#readers.set(message.status.name, message.status);
      case "renewed":
        this.uuid = message.uuid;
        return;
      case "log":
        return relay(this.#log, message);
      case "plan":
      case "page":
        return this.#answered(message.ask)?.resolve(message);
      case "unanswered":
        return this.#answered(message.ask)?.reject(new GatewayError(message.code, message.message));
      case "opened":
      case "refused":
      case "closed":
        return;
      default:
        return unreachable(message);
    }
  }

  /** It tries twice a second; the same refusal again is no news. */
  #heardState(state: JournalStatus["state"], message: string | undefined): void {
    const before = this.#state.message;
    this.#state = { state, ...(message !== undefined && { message }) };
    if (message !== undefined && message !== before) this.#log.error(message);
    if (message === undefined && before !== undefined) this.#log.info("the journal writes again");
  }

  #heardDurable(message: Extract<ToMain, { type: "durable" }>): void {
    this.backlog -= message.samples;
    this.#bytes = message.bytes;
    this.#durableSeq = message.seq;
    this.#posted -= message.parcels;
    this.#quietSince = performance.now();
    for (const see of this.#durable) see(message.seq);
  }

  #answered(ask: number): Answer | undefined {
    const answer = this.#answers.get(ask);
    this.#answers.delete(ask);
    return answer;
  }

  #died(error: unknown): void {
    this.#state = { state: "failed", message: `the journal's thread ended: ${String(error)}` };
    this.#log.error("the journal's thread ended", { error: String(error) });
    for (const { reject } of this.#answers.values()) reject(new GatewayError("closed", "the journal's thread ended"));
    this.#answers.clear();
  }
}

function relay(log: Log, message: Extract<ToMain, { type: "log" }>): void {
  log.area(message.area)[message.level](message.message, message.fields);
}
