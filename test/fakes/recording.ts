import type { ConfigFact, Fact, FactBody } from "#msgs/fact.ts";
import type { Point, PointKey, Value } from "#msgs/point.ts";
import { samplesOf, type SampleOrigin } from "#msgs/sample.ts";
import type { OpenedJournal } from "#db/journal/open.ts";
import { connect, type Client } from "#db/database/connect.ts";

/** 2026-03-01 12:00 UTC: a day without a change of clocks anywhere near. */
export const noon = Date.UTC(2026, 2, 1, 12) * 1000;
export const second = 1_000_000;

/** Facts in their order, a second apart unless told otherwise: what a timeline would have handed to the journal. */
export class Story {
  at: number;
  seq: number;
  constructor(at = noon, seq = 0) {
    this.at = at;
    this.seq = seq;
  }

  fact(body: FactBody, afterUs = second): Fact {
    this.at += afterUs;
    return { ...body, at: this.at, seq: ++this.seq } as Fact;
  }

  plant(points: Readonly<Record<string, PointKey>>, more: Partial<Point> = {}): Fact {
    const described = Object.entries(points).map(([id, key]) => ({ ...aPoint(id), ...more, key }));
    const plant: ConfigFact = {
      kind: "config",
      revision: `r${this.seq}`,
      timeZone: "UTC",
      areas: [],
      devices: [],
      points: described,
      valves: [],
      rules: [],
    };
    return this.fact(plant);
  }

  /** One value for each key given, true at the time of receipt unless `late` moves it back. */
  batch(
    values: Readonly<Record<number, Value | null>>,
    about: { lateUs?: number; origin?: SampleOrigin; stream?: string; afterUs?: number } = {},
  ): Fact {
    const at = this.at + (about.afterUs ?? second);
    const rows = Object.entries(values).map(([key, value]) => ({
      key: Number(key),
      value,
      quality: value === null ? 128 : 0,
      sourceTime: at - (about.lateUs ?? 0),
    }));
    return this.fact(
      { kind: "samples", samples: samplesOf(rows, { origin: about.origin ?? "pushed", stream: about.stream ?? "plc" }) },
      about.afterUs,
    );
  }
}

export function aPoint(id: string): Point {
  return { id, device: "plc-1", area: "field", kind: "number", unit: "Pa", binding: { adapter: "plc", address: `holding:${id}` } };
}

export function durable(journal: OpenedJournal, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = journal.onDurable((now) => {
      if (now < seq) return;
      cancel();
      resolve();
    });
  });
}

/** Asks until it is so; the deadline only bounds a test that fails. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One question on a connection of its own. */
export async function ask<Row extends object = Record<string, unknown>>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client: Client = await connect(url, "test");
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
