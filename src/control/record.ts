import type { CommandState, CommandStep, Priority } from "#msgs/command.ts";
import type { DeviceId, PointId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Slot } from "./slots.ts";

/** One command as the record has it: who asked, and the last step. */
export interface CommandRow {
  readonly id: string;
  /** Of the body as it was asked, so that the same id with another body is found out. */
  readonly fingerprint: string;
  readonly asker: Principal;
  readonly target: PointId | DeviceId;
  readonly state: CommandState;
  readonly askedAt: Timestamp;
  readonly changedAt: Timestamp;
  readonly step: CommandStep;
  /** The verdict it was given at once, when that was a refusal. */
  readonly refused?: { readonly code: string; readonly message: string };
}

export interface SlotRow {
  readonly point: PointId;
  readonly priority: Priority;
  readonly slot: Slot | undefined;
}

/** Anything else that must outlive the process: a lease, a recipe under way, a user, a session. */
export interface DocumentRow {
  readonly kind: string;
  readonly id: string;
  /** Undefined takes it away. */
  readonly body: unknown;
}

export interface AuditEntry {
  readonly at: Timestamp;
  /** "command", "login", "config": what sort of thing happened. */
  readonly kind: string;
  readonly by: string;
  readonly body: unknown;
}

export type RecordWrite =
  | { readonly put: "command"; readonly row: CommandRow }
  | { readonly put: "slot"; readonly row: SlotRow }
  | { readonly put: "document"; readonly row: DocumentRow }
  | { readonly put: "audit"; readonly entry: AuditEntry };

/** `reserve`: the disk is full and the reserved room is in use; `full`: that is used up too, nothing is durable any more. */
export type RecordState = "ok" | "reserve" | "full";

export interface RecordedState {
  /** Commands that had not ended, oldest first. */
  readonly open: readonly CommandRow[];
  /** The newest commands that had, oldest first: what may be missing from the journal. */
  readonly ended: readonly CommandRow[];
  readonly slots: readonly SlotRow[];
}

export interface CommandFilter {
  readonly target?: string;
  readonly by?: string;
  readonly state?: CommandState;
  readonly from?: Timestamp;
  readonly to?: Timestamp;
  readonly limit: number;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
  readonly at: Timestamp;
}

/** The desk's own memory. Groups are durable whole or not at all, and in the order they were written. */
export interface ControlRecord {
  /** `done(false)`: nothing can be made durable now; the group is kept in memory, tried again, and lost with the process. */
  write(group: readonly RecordWrite[], done: (durable: boolean) => void): void;
  readonly state: RecordState;
  /** Groups written and not yet durable. */
  readonly waiting: number;
  onState(see: (state: RecordState, reason: string) => void): void;
  load(): Promise<RecordedState>;
  documents(kind: string): Promise<readonly DocumentRow[]>;
  /** Looks in the file, on this thread, by key. */
  lookup(id: string): CommandRow | undefined;
  /** Scans on another thread, newest first. */
  query(filter: CommandFilter): Promise<readonly CommandRow[]>;
  /** The newest entry of the audit chain that is durable. */
  readonly head: AuditHead;
  close(): Promise<void>;
}
