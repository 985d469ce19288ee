import type { Timestamp } from "#msgs/time.ts";
import { isEnd } from "#msgs/command.ts";
import type {
  AuditHead,
  CommandFilter,
  CommandRow,
  ControlRecord,
  DocumentRow,
  RecordedState,
  RecordState,
  RecordWrite,
  SlotRow,
} from "./record.ts";

/** What a memory record holds; handing it to a second one is what a restart is to a file. */
export interface MemoryTables {
  readonly commands: Map<string, CommandRow>;
  readonly slots: Map<string, SlotRow>;
  readonly documents: Map<string, DocumentRow>;
  audited: number;
  at: Timestamp;
}

export function memoryTables(): MemoryTables {
  return { commands: new Map(), slots: new Map(), documents: new Map(), audited: 0, at: 0 };
}

/** A record for a branch, where nothing outlives the process, and for tests, where `schedule` decides when a group is durable. */
export class MemoryRecord implements ControlRecord {
  readonly #tables: MemoryTables;
  readonly #schedule: (commit: () => void) => void;
  #waiting: { group: readonly RecordWrite[]; done: (durable: boolean) => void }[] = [];
  #isClosed = false;

  constructor(tables: MemoryTables = memoryTables(), schedule: (commit: () => void) => void = queueMicrotask) {
    this.#tables = tables;
    this.#schedule = schedule;
  }

  get state(): RecordState {
    return "ok";
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get head(): AuditHead {
    return { seq: this.#tables.audited, hash: "", at: this.#tables.at };
  }

  onState(): void {}

  write(group: readonly RecordWrite[], done: (durable: boolean) => void): void {
    this.#waiting.push({ group, done });
    if (this.#waiting.length === 1) this.#schedule(() => this.#commit());
  }

  load(): Promise<RecordedState> {
    const commands = [...this.#tables.commands.values()];
    return Promise.resolve({
      open: commands.filter(({ state }) => !isEnd(state)),
      ended: commands.filter(({ state }) => isEnd(state)).slice(-1_000),
      slots: [...this.#tables.slots.values()],
    });
  }

  documents(kind: string): Promise<readonly DocumentRow[]> {
    return Promise.resolve([...this.#tables.documents.values()].filter((row) => row.kind === kind));
  }

  lookup(id: string): CommandRow | undefined {
    return this.#tables.commands.get(id);
  }

  query(filter: CommandFilter): Promise<readonly CommandRow[]> {
    const { target, by, state, from = -Infinity, to = Infinity, limit } = filter;
    const fits = (row: CommandRow) =>
      (target === undefined || row.target === target) &&
      (by === undefined || row.asker.name === by) &&
      (state === undefined || row.state === state) &&
      row.askedAt >= from &&
      row.askedAt < to;
    return Promise.resolve([...this.#tables.commands.values()].filter(fits).reverse().slice(0, limit));
  }

  /** Whatever was not durable by now is gone, as with a process that was killed. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting = [];
    return Promise.resolve();
  }

  #commit(): void {
    if (this.#isClosed) return;
    const groups = this.#waiting;
    this.#waiting = [];
    for (const { group } of groups) for (const write of group) this.#apply(write);
    for (const { done } of groups) done(true);
  }

  #apply(write: RecordWrite): void {
    const { commands, slots, documents } = this.#tables;
    if (write.put === "command") commands.set(write.row.id, write.row);
    else if (write.put === "audit") {
      this.#tables.audited++;
      this.#tables.at = write.entry.at;
    } else if (write.put === "slot") {
      const key = `${write.row.point} ${write.row.priority}`;
      if (write.row.slot) slots.set(key, write.row);
      else slots.delete(key);
    } else {
      const key = `${write.row.kind} ${write.row.id}`;
      if (write.row.body === undefined) documents.delete(key);
      else documents.set(key, write.row);
    }
  }
}
