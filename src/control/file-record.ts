import { join } from "node:path";
import type { StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { Log } from "#src/kit/log.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type {
  AuditHead,
  CommandFilter,
  CommandRow,
  ControlRecord,
  DocumentRow,
  RecordedState,
  RecordState,
  RecordWrite,
} from "./record.ts";
import type { FlatWrite, FromWriter, RecordFileOptions, ToWriter } from "./record-protocol.ts";
import { RecordScanner } from "./record-scanner.ts";
import { commandRow, flattened, readDocuments, readEnded, readOpen, readSlots } from "./record-rows.ts";

/** Ended commands read at the start, to find what the journal may have missed. */
const endedAtStart = 1_000;

export const defaultRecordFile = { keepBytes: 1 << 30, reserveBytes: 16 << 20 } as const;

/** Opens control.db in a folder, with a thread that writes it. Rejects when it cannot be opened. */
export function openRecord(
  options: Pick<RecordFileOptions, "folder"> & Partial<RecordFileOptions> & { readonly log: Log },
): Promise<FileRecord> {
  const { log, ...file } = options;
  const filled: RecordFileOptions = { ...defaultRecordFile, ...file };
  const worker = new Worker(new URL("./record-writer.ts", import.meta.url), { workerData: filled, name: "control record" });
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) =>
      reject(new GatewayError("damaged", `control.db in ${filled.folder} cannot be opened: ${messageOf(error)}`, { cause: error }));
    worker.once("error", failed);
    worker.once("message", (message: FromWriter) => {
      worker.off("error", failed);
      resolve(new FileRecord(worker, filled, log, message.is === "open" ? message.head : { seq: 0, hash: "", at: 0 }));
    });
  });
}

/** The desk's own memory on disk: groups are gathered while the last commit is under way, so that one fsync serves many. */
export class FileRecord implements ControlRecord {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #db: DatabaseSync;
  readonly #byId: StatementSync;
  readonly #scanner: RecordScanner;
  #gathering: { writes: FlatWrite[]; dones: ((durable: boolean) => void)[] } = { writes: [], dones: [] };
  #underWay: ((durable: boolean) => void)[] | undefined;
  #batch = 0;
  #state: RecordState = "ok";
  #head: AuditHead;
  #onState: ((state: RecordState, reason: string) => void)[] = [];
  #onClosed: (() => void) | undefined;
  #onIdle: (() => void) | undefined;
  #isClosing = false;
  #isDead = false;

  constructor(worker: Worker, options: RecordFileOptions, log: Log, head: AuditHead) {
    this.#worker = worker;
    this.#log = log;
    this.#head = head;
    this.#db = new DatabaseSync(join(options.folder, "control.db"), { readOnly: true });
    this.#byId = this.#db.prepare("SELECT * FROM command WHERE id = ?");
    this.#scanner = new RecordScanner(options.folder);
    worker.on("message", (message: FromWriter) => this.#hear(message));
    worker.on("error", (error) => this.#died(error));
  }

  get state(): RecordState {
    return this.#state;
  }

  get head(): AuditHead {
    return this.#head;
  }

  get waiting(): number {
    return this.#gathering.dones.length + (this.#underWay?.length ?? 0);
  }

  onState(see: (state: RecordState, reason: string) => void): void {
    this.#onState.push(see);
  }

  write(group: readonly RecordWrite[], done: (durable: boolean) => void): void {
    if (this.#isClosing) return;
    if (this.#isDead) return queueMicrotask(() => done(false));
    this.#gathering.writes.push(...flattened(group));
    this.#gathering.dones.push(done);
    // What arrives together goes together; what arrives during a commit goes with the next.
    if (!this.#underWay && this.#gathering.dones.length === 1) queueMicrotask(() => this.#send());
  }

  load(): Promise<RecordedState> {
    return Promise.resolve({ open: readOpen(this.#db), ended: readEnded(this.#db, endedAtStart), slots: readSlots(this.#db) });
  }

  documents(kind: string): Promise<readonly DocumentRow[]> {
    return Promise.resolve(readDocuments(this.#db, kind));
  }

  lookup(id: string): CommandRow | undefined {
    const stored = this.#byId.get(id);
    return stored && commandRow(stored as unknown as Parameters<typeof commandRow>[0]);
  }

  query(filter: CommandFilter): Promise<readonly CommandRow[]> {
    return this.#scanner.query(filter);
  }

  /** Lines of an audit export, page by page, without holding anybody up. */
  audit(): AsyncIterable<readonly string[]> {
    return this.#scanner.audit();
  }

  /** The file grows no further than this from now on. */
  limit(bytes: number): void {
    this.#say({ do: "limit", bytes });
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#send();
    // What was gathered during a commit follows it; the thread stops after that.
    while (this.waiting > 0 && !this.#isDead) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.#say({ do: "close" });
    await Promise.all([closed, this.#scanner.close()]);
    this.#db.close();
  }

  #send(): void {
    if (this.#underWay || this.#gathering.dones.length === 0) return;
    const { writes, dones } = this.#gathering;
    this.#gathering = { writes: [], dones: [] };
    this.#underWay = dones;
    this.#say({ do: "commit", batch: ++this.#batch, writes });
  }

  #hear(message: FromWriter): void {
    if (message.is === "closed") return this.#onClosed?.();
    if (message.is === "open") return;
    this.#head = message.head;
    this.#enter(message.state, message.reason);
    if (message.is === "state") return;
    const dones = this.#underWay ?? [];
    this.#underWay = undefined;
    // The next commit begins before anybody acts on this one.
    this.#send();
    for (const done of dones) done(message.durable);
    if (this.waiting === 0) this.#onIdle?.();
  }

  #enter(state: RecordState, reason: string): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const see of this.#onState) see(state, reason);
  }

  /** Its own thread failing is ours, not the world's; the gateway goes on as with a full disk, and says so. */
  #died(error: unknown): void {
    this.#log.error("the record's thread stopped; nothing is recorded any more", { why: messageOf(error) });
    this.#enter("full", messageOf(error));
    const dones = [...(this.#underWay ?? []), ...this.#gathering.dones];
    this.#underWay = undefined;
    this.#gathering = { writes: [], dones: [] };
    this.#isDead = true;
    this.#onClosed?.();
    this.#onIdle?.();
    for (const done of dones) done(false);
  }

  #say(message: ToWriter): void {
    this.#worker.postMessage(message);
  }
}
