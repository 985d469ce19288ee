import { bigint, doublePrecision, index, integer, pgTable, smallint, text, uuid } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";

/**
 * One row for each number a device handed over. Wide columns first, so that a row has no padding. No UNIQUE, no key: the
 * cursor makes it exactly once, and one index is all the hot table can afford.
 */
export const samples = pgTable(
  "samples",
  {
    /** When the device says it was true, kept within a sane distance of `at`. */
    time: time("time").notNull(),
    /** When the gateway received it: what was known at T is what has at <= T. */
    at: time("at").notNull(),
    /** Null where the device had no usable value. */
    value: doublePrecision("value"),
    /** What the device really said, where `time` had to be moved. */
    sourceTime: time("source_time"),
    /** The 32-bit OPC UA status, where there was one. */
    code: bigint("code", { mode: "number" }),
    pointKey: integer("point_key").notNull(),
    quality: smallint("quality").notNull(),
  },
  (table) => [index("samples_point_time").on(table.pointKey, table.time.desc().nullsFirst())],
);

/** Text, and integers beyond 2^53 as their digits: never squeezed into a double. */
export const texts = pgTable(
  "texts",
  {
    time: time("time").notNull(),
    at: time("at").notNull(),
    sourceTime: time("source_time"),
    code: bigint("code", { mode: "number" }),
    pointKey: integer("point_key").notNull(),
    quality: smallint("quality").notNull(),
    text: text("text").notNull(),
  },
  (table) => [index("texts_point_time").on(table.pointKey, table.time.desc().nullsFirst())],
);

/** The recording as it was: stretches of entries in their order, compressed. This is what a replay reads. */
export const batches = pgTable(
  "batches",
  {
    at: time("at").notNull(),
    lastAt: time("last_at").notNull(),
    seq: bigint("seq", { mode: "number" }).notNull(),
    lastSeq: bigint("last_seq", { mode: "number" }).notNull(),
    position: bigint("position", { mode: "number" }).notNull(),
    lastPosition: bigint("last_position", { mode: "number" }).notNull(),
    journalUuid: uuid("journal_uuid").notNull(),
    entries: integer("entries").notNull(),
    samples: integer("samples").notNull(),
    body: bytes("body").notNull(),
  },
  (table) => [index("batches_at").on(table.at, table.seq)],
);
