import { bigint, boolean, index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";

const stamp = { at: time("at").notNull(), seq: bigint("seq", { mode: "number" }).notNull() };

/** Everything that came in and is not a sample or a command: events, links, operators, clock, plant descriptions. */
export const facts = pgTable(
  "facts",
  {
    ...stamp,
    kind: text("kind").notNull(),
    /** What happened: an event's type, a link's state, an operator's act. */
    type: text("type").notNull(),
    adapter: text("adapter"),
    device: text("device"),
    point: text("point"),
    by: text("by"),
    sourceTime: time("source_time"),
    data: jsonb("data").notNull(),
  },
  (table) => [index("facts_at").on(table.at, table.seq), index("facts_kind_at").on(table.kind, table.at)],
);

export const commandSteps = pgTable(
  "command_steps",
  {
    ...stamp,
    commandId: text("command_id").notNull(),
    state: text("state").notNull(),
    by: text("by").notNull(),
    point: text("point"),
    device: text("device"),
    code: text("code"),
    message: text("message"),
    step: jsonb("step").notNull(),
  },
  (table) => [index("command_steps_at").on(table.at, table.seq), index("command_steps_command").on(table.commandId, table.seq)],
);

/** What the gateway worked out live, kept so that a replay can be compared with it. */
export const derivations = pgTable(
  "derivations",
  {
    ...stamp,
    tap: text("tap").notNull(),
    subject: text("subject").notNull(),
    state: text("state").notNull(),
    detail: jsonb("detail"),
  },
  (table) => [index("derivations_at").on(table.at, table.seq)],
);

export const checkpoints = pgTable(
  "checkpoints",
  { ...stamp, version: text("version").notNull(), body: bytes("body").notNull() },
  (table) => [index("checkpoints_at").on(table.at)],
);

/** What is missing, declared, and what was filled afterwards: rows are added, never changed. */
export const gaps = pgTable(
  "gaps",
  {
    ...stamp,
    stream: text("stream").notNull(),
    fromTime: time("from_time").notNull(),
    toTime: time("to_time").notNull(),
    /** Null: nobody can say how many. */
    lost: bigint("lost", { mode: "number" }),
    why: text("why").notNull(),
    /** This row closes the stretch instead of opening one. */
    fills: boolean("fills").notNull().default(false),
  },
  (table) => [index("gaps_time").on(table.toTime)],
);
