import { bigint, integer, jsonb, pgTable, primaryKey, smallint, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytes, microseconds, time } from "./columns.ts";

/** How far the database has come in a journal; moved first in every transaction, which is what makes rows exactly once. */
export const cursor = pgTable(
  "cursor",
  {
    journalUuid: uuid("journal_uuid").notNull(),
    reader: text("reader").notNull(),
    position: bigint("position", { mode: "number" }).notNull(),
    /** Stamp of the entry at that position: tells a journal that was rolled back from the one that was read. */
    atUs: microseconds("at_us").notNull(),
    seq: bigint("seq", { mode: "number" }).notNull(),
    movedAt: timestamp("moved_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.journalUuid, table.reader] })],
);

/** What the database refused and the rest went on without, whole, with the reason. */
export const quarantine = pgTable("quarantine", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  noticedAt: timestamp("noticed_at", { withTimezone: true }).notNull().defaultNow(),
  journalUuid: uuid("journal_uuid").notNull(),
  position: bigint("position", { mode: "number" }).notNull(),
  at: time("at").notNull(),
  seq: bigint("seq", { mode: "number" }).notNull(),
  kind: smallint("kind").notNull(),
  samples: integer("samples").notNull(),
  reason: text("reason").notNull(),
  body: bytes("body").notNull(),
});

/** What this database was last set up with: changed settings are seen and applied at the next start. */
export const setting = pgTable("setting", {
  name: text("name").primaryKey(),
  value: jsonb("value").notNull(),
});

/** Up to where the rollups kept by the gateway itself (on plain PostgreSQL) are worked out. */
export const rollupState = pgTable("rollup_state", {
  name: text("name").primaryKey(),
  watermark: time("watermark").notNull(),
});

/** Stretches below a watermark into which late samples fell, to be worked out again. */
export const rollupLate = pgTable("rollup_late", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  fromTime: time("from_time").notNull(),
  toTime: time("to_time").notNull(),
  pointKeys: integer("point_keys").array().notNull(),
});
