import type { Client } from "../database/connect.ts";
import { sqlState } from "../database/errors.ts";

/** What this server can do, and why not more; `plainview doctor` shows it. */
export interface Features {
  readonly server: string;
  /** Undefined: plain PostgreSQL. */
  readonly timescale?: string;
  readonly hypertables: boolean;
  readonly columnstore: boolean;
  readonly continuousAggregates: boolean;
  readonly policies: boolean;
  /** For a person: what is missing and how to get it. */
  readonly because: readonly string[];
}

/** What a person may insist on; "auto" takes what is there. */
export type EngineChoice = "auto" | "plain";

const oldestTimescale = [2, 18, 1] as const;

export async function detectFeatures(client: Client, choice: EngineChoice): Promise<Features> {
  const server = await one(client, "SELECT current_setting('server_version') AS value");
  const plain = (why: string): Features => ({
    server: `PostgreSQL ${server}`,
    hypertables: false,
    columnstore: false,
    continuousAggregates: false,
    policies: false,
    because: [why],
  });
  if (choice === "plain") return plain("plain PostgreSQL was asked for: the gateway keeps rollups and retention itself");
  const available = await one(client, "SELECT default_version AS value FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (available === undefined) {
    return plain("this server has no TimescaleDB: the gateway keeps rollups and retention itself, and nothing is compressed");
  }
  const refused = await createExtension(client);
  if (refused !== undefined) return plain(refused);
  const timescale = (await one(client, "SELECT extversion AS value FROM pg_extension WHERE extname = 'timescaledb'")) ?? "0";
  if (isOlder(timescale, oldestTimescale)) {
    return plain(`TimescaleDB ${timescale} is older than ${oldestTimescale.join(".")}, the oldest that is used; update the extension`);
  }
  const community = (await one(client, "SELECT current_setting('timescaledb.license', true) AS value")) === "timescale";
  return {
    server: `PostgreSQL ${server}`,
    timescale,
    hypertables: true,
    columnstore: community,
    continuousAggregates: community,
    policies: community,
    because: community
      ? []
      : [
          "this is an Apache-only build of TimescaleDB: no columnstore, aggregates or policies; the gateway keeps rollups and retention itself",
        ],
  };
}

/** Undefined when it is there now; otherwise why it cannot be. */
async function createExtension(client: Client): Promise<string | undefined> {
  try {
    await client.query("CREATE EXTENSION IF NOT EXISTS timescaledb");
    return undefined;
  } catch (error) {
    const state = sqlState(error);
    // Another connection made it in the same moment.
    if (state === "23505") return undefined;
    if (state === "42501")
      return "TimescaleDB is on this server, but the database user may not create the extension: have an administrator run CREATE EXTENSION timescaledb in this database";
    // The server drops the connection with a fatal error when the library is not preloaded; anything else is for the caller.
    if (state === "F0000" || state === "0A000" || state === "55000" || /preload/.test(String(error))) {
      return "TimescaleDB is installed but not loaded: add it to shared_preload_libraries and restart the server";
    }
    throw error;
  }
}

/** One line for the log, the tests and the doctor. */
export function describeFeatures(features: Features): string {
  const list = (["hypertables", "columnstore", "continuousAggregates", "policies"] as const).filter((name) => features[name]);
  return features.timescale === undefined
    ? features.server
    : `${features.server} with TimescaleDB ${features.timescale} (${list.join(", ")})`;
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (let i = 0; i < than.length; i++) {
    const part = parts[i] ?? 0;
    if (part !== than[i]) return part < than[i]!;
  }
  return false;
}

async function one(client: Client, sql: string): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string | null }>(sql);
  return rows[0]?.value ?? undefined;
}
