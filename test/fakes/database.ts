import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "#db/embedded/start.ts";
import { connect } from "#db/database/connect.ts";
import { describeFeatures, detectFeatures } from "#db/engine/features.ts";
import { silentLog } from "#src/kit/log.ts";

/** A database server for the tests of one file: the one in DATABASE_URL, else an embedded PostgreSQL of the file's own. */
export interface TestServer {
  /** Which engine this is, in one line. */
  readonly engine: string;
  readonly hasTimescale: boolean;
  /** An empty database; all of them are dropped in the end. */
  fresh(): Promise<string>;
  /** What stops and starts the server, where it is ours to stop. */
  readonly own?: { readonly folder: string; kill(): void; stop(): Promise<void>; start(): Promise<void> };
  close(): Promise<void>;
}

/** `durable` is for benches: a server that syncs, as a real one does. */
export async function testServer(options: { durable?: boolean } = {}): Promise<TestServer> {
  const given = process.env.DATABASE_URL;
  return given ? serverAt(given) : ownServer(options.durable === true);
}

async function serverAt(url: string): Promise<TestServer> {
  const features = await lookAt(url);
  const databases = testDatabases(() => url);
  return { ...features, fresh: databases.fresh, close: databases.drop };
}

async function ownServer(durable: boolean): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-test-database-"));
  chmodSync(folder, 0o755);
  // A killed process loses nothing the kernel has; only a power failure would, and tests have none. It makes them twice as fast.
  const settings: Record<string, string> = durable ? {} : { fsync: "off", full_page_writes: "off" };
  const start = () => startEmbedded({ folder: join(folder, "database"), log: silentLog, settings });
  let embedded = await start();
  const features = await lookAt(embedded.url);
  const databases = testDatabases(() => embedded.url);
  return {
    ...features,
    fresh: databases.fresh,
    own: {
      folder: join(folder, "database"),
      kill: () => process.kill(embedded.pid, "SIGKILL"),
      stop: () => embedded.stop(),
      async start() {
        embedded = await start();
      },
    },
    async close() {
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function lookAt(url: string): Promise<{ engine: string; hasTimescale: boolean }> {
  const client = await connect(url, "test");
  const features = await detectFeatures(client, "auto");
  await client.end();
  return { engine: describeFeatures(features), hasTimescale: features.continuousAggregates };
}

function testDatabases(url: () => string): { fresh(): Promise<string>; drop(): Promise<void> } {
  const made: string[] = [];
  const admin = async (sql: string) => {
    const client = await connect(url(), "test");
    await client.query(sql);
    await client.end();
  };
  return {
    async fresh() {
      const name = `plainview_test_${process.pid}_${made.length}_${Math.floor(Math.random() * 1e9)}`;
      await admin(`CREATE DATABASE ${name}`);
      made.push(name);
      const own = new URL(url());
      own.pathname = `/${name}`;
      return own.href;
    },
    async drop() {
      for (const name of made.splice(0)) await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
