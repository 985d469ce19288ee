import { bigint, boolean, doublePrecision, integer, jsonb, pgTable, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";

/** One row for each point there ever was; `key` is this database's own and the same whatever journal a sample came through. */
export const points = pgTable("points", {
  key: integer("key").primaryKey().generatedAlwaysAsIdentity(),
  id: text("id").notNull().unique(),
  kind: text("kind"),
  unit: text("unit"),
  title: text("title"),
  device: text("device"),
  area: text("area"),
  tags: jsonb("tags"),
  /** Everything the site file said about it last. */
  description: jsonb("description"),
  /** False once the site file no longer names it; its history stays. */
  active: boolean("active").notNull().default(true),
  revision: text("revision"),
});

/** Which key of which journal means which point. */
export const pointKeys = pgTable(
  "point_keys",
  {
    journalUuid: uuid("journal_uuid").notNull(),
    journalKey: bigint("journal_key", { mode: "number" }).notNull(),
    key: integer("key")
      .notNull()
      .references(() => points.key),
  },
  (table) => [primaryKey({ columns: [table.journalUuid, table.journalKey] })],
);

/** The newest value of each point: one small table instead of a search through history. */
export const pointLast = pgTable("point_last", {
  pointKey: integer("point_key").primaryKey(),
  time: time("time").notNull(),
  at: time("at").notNull(),
  value: doublePrecision("value"),
  text: text("text"),
  code: bigint("code", { mode: "number" }),
  quality: smallint("quality").notNull(),
});
