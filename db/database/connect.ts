import pg from "pg";
import { GatewayError } from "#src/kit/errors.ts";
import { explain } from "./errors.ts";

export type Client = pg.Client;

/** The oldest server whose features are used; older ones are refused with a word instead of failing somewhere later. */
const oldestServer = 140_000;
const connectWithinMs = 10_000;

/** One connection, set up alike everywhere: UTC, and its name in pg_stat_activity. Rejects with a GatewayError. */
export async function connect(
  url: string,
  name: string,
  options: { statementTimeoutMs?: number; readOnly?: boolean } = {},
): Promise<Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `plainview ${name}`,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    ...(options.statementTimeoutMs !== undefined && { statement_timeout: options.statementTimeoutMs }),
  });
  // A connection that ends on its own is noticed by the next query on it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
    await client.query(`SET TIME ZONE 'UTC'; SET datestyle = 'ISO'${options.readOnly ? "; SET default_transaction_read_only = on" : ""}`);
    if (Number(rows[0]?.version) < oldestServer) {
      throw new GatewayError(
        "database-refused",
        `the database server is PostgreSQL ${Math.floor(Number(rows[0]?.version) / 10_000)}; 14 or newer is needed`,
      );
    }
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw explain(error, `connecting to the database as ${placeOf(url)}`);
  }
}

/** Who and where, without the password. */
export function placeOf(url: string): string {
  try {
    const { username, host, pathname, searchParams } = new URL(url);
    return `${username || "?"}@${searchParams.get("host") ?? host}${pathname}`;
  } catch {
    return "(a DATABASE_URL that cannot be read)";
  }
}

/** Everything or nothing. A rollback that fails means the connection is gone, and then nothing was done either. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
