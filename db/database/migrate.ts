import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { GatewayError } from "#src/kit/errors.ts";
import { inTransaction, type Client } from "./connect.ts";

export interface Migration {
  readonly tag: string;
  /** Milliseconds; drizzle's ledger orders and recognises migrations by it. */
  readonly when: number;
  readonly hash: string;
  readonly statements: readonly string[];
}

export const migrationsFolder = fileURLToPath(new URL("../migrations", import.meta.url));
/** Any number, the same for every gateway: two that start at once migrate one after the other. */
const lock = 7_305_809_116;

/** The files in `db/migrations`, in their order, hashed as drizzle-kit hashes them. */
export function readMigrations(folder: string = migrationsFolder): readonly Migration[] {
  const { entries } = JSON.parse(readFileSync(join(folder, "meta", "_journal.json"), "utf8")) as {
    entries: { tag: string; when: number }[];
  };
  return entries.map(({ tag, when }) => {
    const sql = readFileSync(join(folder, `${tag}.sql`), "utf8");
    return { tag, when, hash: createHash("sha256").update(sql).digest("hex"), statements: sql.split("--> statement-breakpoint") };
  });
}

/** Brings the schema up to date, keeping drizzle's own ledger. Refuses a migration that was changed after it was applied. */
export async function migrate(client: Client, migrations: readonly Migration[] = readMigrations()): Promise<readonly string[]> {
  await client.query("SELECT pg_advisory_lock($1)", [lock]);
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS drizzle`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
    );
    const { rows } = await client.query<{ hash: string; when: string }>(
      `SELECT hash, created_at AS when FROM drizzle.__drizzle_migrations`,
    );
    const missing = check(migrations, new Map(rows.map((row) => [Number(row.when), row.hash])));
    await inTransaction(client, async () => {
      for (const { statements, hash, when } of missing) {
        for (const statement of statements) await client.query(statement);
        await client.query(`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)`, [hash, when]);
      }
    });
    return missing.map((migration) => migration.tag);
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [lock]).catch(() => undefined);
  }
}

/** Those that are not applied yet. */
function check(migrations: readonly Migration[], applied: ReadonlyMap<number, string>): readonly Migration[] {
  const known = new Set(migrations.map((migration) => migration.when));
  const newer = [...applied.keys()].filter((when) => !known.has(when));
  if (newer.length > 0) {
    throw new GatewayError(
      "database-refused",
      `the database was set up by a newer version of Plainview (${newer.length} migrations are unknown here); run that version`,
    );
  }
  for (const { tag, when, hash } of migrations) {
    const stored = applied.get(when);
    if (stored !== undefined && stored !== hash) {
      throw new GatewayError(
        "database-refused",
        `migration ${tag} was changed after it was applied to this database; restore the file and add a new migration instead`,
      );
    }
  }
  return migrations.filter((migration) => !applied.has(migration.when));
}
