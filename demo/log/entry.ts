import type { TableName } from "../modbus/bank.ts";

/** Registers or bits that went out in one answer. */
export interface ReadEntry {
  kind: "read";
  /** Place in the device's log: one number for everything it handed over or was told. */
  index: number;
  /** Wall time, ms since 1970. */
  at: number;
  /** The value of the hand-over counter in this very answer. */
  sequence: number;
  table: TableName;
  start: number;
  quantity: number;
  /** The data bytes as they went out. */
  hex: string;
}

/** A message that went out to the broker. */
export interface PublishEntry {
  kind: "publish";
  index: number;
  at: number;
  sequence: number;
  topic: string;
  payload: string;
}

/** A message the broker delivered and its receiver acknowledged (QoS 1 and 2, sessions that are kept). */
export interface DeliveredEntry {
  kind: "delivered";
  index: number;
  at: number;
  client: string;
  topic: string;
  payload: string;
}

/** Something the device was told, and what it made of it. */
export interface ToldEntry {
  kind: "told";
  index: number;
  at: number;
  /** Point name, or null when no point lies there. */
  point: string | null;
  value: number | boolean | string;
  /** What the device then held: differs from `value` when it clamped, ignored or refused. */
  held: number | boolean | string | null;
  outcome: "applied" | "clamped" | "ignored" | "refused" | "reverting" | "late";
  /** Where it came from: a protocol, or a person at the panel. */
  by: "modbus" | "mqtt" | "bacnet" | "ros2" | "panel";
}

export type LogEntry = ReadEntry | PublishEntry | DeliveredEntry | ToldEntry;
