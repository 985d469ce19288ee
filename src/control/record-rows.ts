import type { CommandState, CommandStep } from "#msgs/command.ts";
import type { DatabaseSync } from "node:sqlite";
import type { Principal } from "#src/contract/control.ts";
import type { CommandFilter, CommandRow, DocumentRow, RecordWrite, SlotRow } from "./record.ts";
import type { FlatWrite } from "./record-protocol.ts";
import type { Slot } from "./slots.ts";
import { openStates } from "./record-schema.ts";

interface StoredCommand {
  readonly id: string;
  readonly fingerprint: string;
  readonly asker: string;
  readonly target: string;
  readonly state: string;
  readonly asked_at: number;
  readonly changed_at: number;
  readonly refused: string | null;
  readonly step: string;
}

/** A step stands in its command's row and in the audit chain; its text is made once. */
export function flattened(group: readonly RecordWrite[]): readonly FlatWrite[] {
  const texts = new Map<unknown, string>();
  const textOf = (body: unknown): string => {
    const known = texts.get(body);
    if (known !== undefined) return known;
    const text = JSON.stringify(body) ?? "null";
    texts.set(body, text);
    return text;
  };
  return group.map((write) => flat(write, textOf));
}

function flat(write: RecordWrite, textOf: (body: unknown) => string): FlatWrite {
  if (write.put === "audit") {
    const { at, kind, by, body } = write.entry;
    return { put: "audit", at, kind, by, body: textOf(body) };
  }
  if (write.put === "slot") {
    const { point, priority, slot } = write.row;
    return { put: "slot", point, priority, body: slot ? JSON.stringify(slot) : null };
  }
  if (write.put === "document") {
    const { kind, id, body } = write.row;
    return { put: "document", kind, id, body: body === undefined ? null : JSON.stringify(body) };
  }
  const { id, fingerprint, asker, target, state, askedAt, changedAt, refused, step } = write.row;
  const why = refused ? JSON.stringify(refused) : null;
  return {
    put: "command",
    row: [id, fingerprint, asker.name, JSON.stringify(asker), target, state, askedAt, changedAt, why, textOf(step)],
  };
}

export function commandRow(stored: StoredCommand): CommandRow {
  return {
    id: stored.id,
    fingerprint: stored.fingerprint,
    asker: JSON.parse(stored.asker) as Principal,
    target: stored.target,
    state: stored.state as CommandState,
    askedAt: stored.asked_at,
    changedAt: stored.changed_at,
    step: JSON.parse(stored.step) as CommandStep,
    ...(stored.refused !== null && { refused: JSON.parse(stored.refused) as { code: string; message: string } }),
  };
}

export function readOpen(db: DatabaseSync): readonly CommandRow[] {
  const marks = openStates.map(() => "?").join(", ");
  const rows = db.prepare(`SELECT * FROM command WHERE state IN (${marks}) ORDER BY asked_at, rowid`).all(...openStates);
  return rows.map((row) => commandRow(row as unknown as StoredCommand));
}

export function readEnded(db: DatabaseSync, atMost: number): readonly CommandRow[] {
  const rows = db.prepare("SELECT * FROM command ORDER BY asked_at DESC, rowid DESC LIMIT ?").all(atMost);
  return rows
    .map((row) => commandRow(row as unknown as StoredCommand))
    .filter(({ state }) => !(openStates as readonly string[]).includes(state))
    .reverse();
}

export function readSlots(db: DatabaseSync): readonly SlotRow[] {
  const rows = db.prepare("SELECT point, priority, body FROM slot").all() as { point: string; priority: number; body: string }[];
  return rows.map(({ point, priority, body }) => ({ point, priority, slot: JSON.parse(body) as Slot }));
}

export function readDocuments(db: DatabaseSync, kind: string): readonly DocumentRow[] {
  const rows = db.prepare("SELECT kind, id, body FROM document WHERE kind = ? ORDER BY id").all(kind) as {
    kind: string;
    id: string;
    body: string;
  }[];
  return rows.map(({ id, body }) => ({ kind, id, body: JSON.parse(body) as unknown }));
}

/** Newest first. Bounded by `limit`, which the caller bounds. */
export function queryCommands(db: DatabaseSync, filter: CommandFilter): readonly CommandRow[] {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("target = ?", filter.target);
  add("by = ?", filter.by);
  add("state = ?", filter.state);
  add("asked_at >= ?", filter.from);
  add("asked_at < ?", filter.to);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const rows = db.prepare(`SELECT * FROM command ${where} ORDER BY asked_at DESC, rowid DESC LIMIT ?`).all(...values, filter.limit);
  return rows.map((row) => commandRow(row as unknown as StoredCommand));
}
