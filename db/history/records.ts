import type { CommandStep } from "#msgs/command.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import type { PointId } from "#msgs/point.ts";
import type { Sample } from "#msgs/sample.ts";
import type { PointKind } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";
import { fromUs } from "../writer/place.ts";
import { exact } from "./exact.ts";
import { shownValue } from "./names.ts";

const us = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint`;

/** Facts that are neither samples nor commands, oldest first. */
export async function events(
  client: Client,
  from: Timestamp,
  to: Timestamp,
  options: { kinds?: readonly string[]; limit: number },
): Promise<readonly Fact[]> {
  const { rows } = await client.query<{ at: string; seq: string; kind: string; data: object }>(
    `SELECT ${us("at")} AS at, seq, kind, data FROM facts
     WHERE at >= ${fromUs("$1")} AND at < ${fromUs("$2")} AND ($3::text[] IS NULL OR kind = ANY($3)) ORDER BY at, seq LIMIT $4`,
    [from, to, options.kinds ?? null, options.limit],
  );
  return rows.map((row) => ({ ...row.data, kind: row.kind, at: Number(row.at), seq: Number(row.seq) }) as Fact);
}

export interface CommandQuestion {
  readonly id?: string;
  readonly point?: PointId;
  readonly user?: string;
  readonly state?: string;
  readonly from?: Timestamp;
  readonly to?: Timestamp;
  readonly limit: number;
}

/** A command's last step, with when it and the first one were recorded. */
export interface CommandRecord {
  readonly step: CommandStep;
  readonly at: Timestamp;
  readonly requestedAt: Timestamp;
}

/** Commands by when they were asked for, the newest first. */
export async function commands(client: Client, asked: CommandQuestion): Promise<readonly CommandRecord[]> {
  const { rows } = await client.query<{ step: CommandStep; at: string; requested: string }>(
    `SELECT step, ${us("at")} AS at, ${us("requested")} AS requested FROM (
       SELECT DISTINCT ON (command_id) command_id, step, at, state, point, first_value(at) OVER whole AS requested, first_value(by) OVER whole AS asker
       FROM command_steps WHERE ($1::text IS NULL OR command_id = $1)
         AND ($5::bigint IS NULL OR at >= ${fromUs("$5")}) AND ($6::bigint IS NULL OR at < ${fromUs("$6")})
       WINDOW whole AS (PARTITION BY command_id ORDER BY at, seq) ORDER BY command_id, at DESC, seq DESC
     ) last WHERE ($2::text IS NULL OR point = $2) AND ($3::text IS NULL OR asker = $3) AND ($4::text IS NULL OR state = $4)
     ORDER BY requested DESC LIMIT $7`,
    [asked.id ?? null, asked.point ?? null, asked.user ?? null, asked.state ?? null, asked.from ?? null, asked.to ?? null, asked.limit],
  );
  return rows.map((row) => ({ step: row.step, at: Number(row.at), requestedAt: Number(row.requested) }));
}

export async function derivations(
  client: Client,
  from: Timestamp,
  to: Timestamp,
  options: { tap?: string; limit: number },
): Promise<readonly Derivation[]> {
  const { rows } = await client.query<
    Omit<Derivation, "at" | "seq" | "detail"> & { at: string; seq: string; detail: Record<string, unknown> | null }
  >(
    `SELECT ${us("at")} AS at, seq, tap, subject, state, detail FROM derivations
     WHERE at >= ${fromUs("$1")} AND at < ${fromUs("$2")} AND ($3::text IS NULL OR tap = $3) ORDER BY at, seq LIMIT $4`,
    [from, to, options.tap ?? null, options.limit],
  );
  return rows.map(({ at, seq, detail, ...rest }) => ({ ...rest, at: Number(at), seq: Number(seq), ...(detail && { detail }) }));
}

interface NewestRow {
  readonly id: string;
  readonly kind: PointKind | null;
  readonly value: number | null;
  readonly text: string | null;
  readonly quality: number;
  readonly time: number;
  readonly at: number;
}

/** The newest value of every point, or of the chosen ones, in no order. */
export async function latest(client: Client, points?: readonly PointId[]): Promise<readonly Sample[]> {
  const { rows } = await client.query<NewestRow>(
    exact(
      `SELECT p.id, p.kind, l.value, l.text, l.quality, l.time, l.at FROM point_last l JOIN points p ON p.key = l.point_key
       ${points ? "WHERE p.id = ANY($1)" : ""}`,
      points ? [points] : [],
    ),
  );
  return rows.map(({ id, kind, value, text, quality, time, at }) => ({
    point: id,
    value: shownValue(kind ?? "number", value, text),
    quality,
    sourceTime: time,
    at,
  }));
}

/** A row of the view flow_metrics_1h. */
export interface FlowMetrics {
  readonly time: Timestamp;
  readonly flowRateLpm: number | null;
  readonly pressurePa: number | null;
  readonly temperatureC: number | null;
}

export async function flowMetrics(client: Client, from: Timestamp, to: Timestamp): Promise<readonly FlowMetrics[]> {
  const { rows } = await client.query<{
    time: number;
    flow_rate_lpm: number | null;
    pressure_pa: number | null;
    temperature_c: number | null;
  }>(
    exact(
      `SELECT time, flow_rate_lpm, pressure_pa, temperature_c FROM flow_metrics_1h WHERE time >= ${fromUs("$1")} AND time < ${fromUs("$2")} ORDER BY time`,
      [from, to],
    ),
  );
  return rows.map((row) => ({
    time: row.time,
    flowRateLpm: row.flow_rate_lpm,
    pressurePa: row.pressure_pa,
    temperatureC: row.temperature_c,
  }));
}
