import pg from "pg";
import { GatewayError } from "#src/kit/errors.ts";
import { connect, type Client } from "./connect.ts";
import { explain } from "./errors.ts";

/** A few connections for reading, opened when they are needed. Nothing can be written through them. */
export interface Pool {
  /** Lends a connection. A cancelled question ends on the server too; its connection is used again when the server has let go. */
  use<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** The same for answers that come in pieces: the connection is held until the last piece was taken. */
  stream<T>(work: (client: Client) => AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly name: string;
  readonly connections: number;
  readonly statementTimeoutMs: number;
}

/** Whoever waits longer than this for a free connection is told that the database is busy. */
const waitMs = 30_000;
/** Questions waiting for a connection at most. */
const waitingMax = 1_000;

export function openPool(url: string, options: PoolOptions): Pool {
  const idle: Client[] = [];
  const waiting: (() => void)[] = [];
  let open = 0;
  let closed = false;

  async function take(): Promise<Client> {
    if (closed) throw new GatewayError("closed", "the store was closed");
    const ready = idle.pop();
    if (ready) return ready;
    if (open >= options.connections) {
      await turn();
      return take();
    }
    open++;
    try {
      const client = await connect(url, options.name, { statementTimeoutMs: options.statementTimeoutMs, readOnly: true });
      client.once("end", () => forget(client));
      return client;
    } catch (error) {
      open--;
      waiting.shift()?.();
      throw error;
    }
  }

  function turn(): Promise<void> {
    if (waiting.length >= waitingMax) throw new GatewayError("busy", "too many questions are waiting for the database");
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(new GatewayError("busy", "the database is busy with other questions"));
      }, waitMs);
      waiting.push(go);
    });
  }

  function forget(client: Client): void {
    const index = idle.indexOf(client);
    if (index >= 0) {
      idle.splice(index, 1);
      open--;
    }
  }

  function giveBack(client: Client, sound: boolean): void {
    if (sound && !closed) idle.push(client);
    else {
      open--;
      void client.end().catch(() => undefined);
    }
    waiting.shift()?.();
  }

  async function* stream<T>(work: (client: Client) => AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T> {
    signal?.throwIfAborted();
    const client = await take();
    let sound = true;
    const cancel = () => cancelOn(url, client);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      for await (const piece of work(client)) {
        signal?.throwIfAborted();
        yield piece;
        signal?.throwIfAborted();
      }
    } catch (error) {
      sound = false;
      signal?.throwIfAborted();
      throw explain(error, "asking the database");
    } finally {
      signal?.removeEventListener("abort", cancel);
      giveBack(client, sound && signal?.aborted !== true);
    }
  }

  return {
    stream,
    async use(work, signal) {
      const once = async function* (client: Client) {
        yield await work(client);
      };
      for await (const result of stream(once, signal)) return result;
      throw new GatewayError("closed", "the question had no answer");
    },
    async close() {
      closed = true;
      for (const go of waiting.splice(0)) go();
      await Promise.all(idle.splice(0).map((client) => client.end().catch(() => undefined)));
    },
  };
}

/** What the client's types leave out: its connection, and the two numbers by which the server knows it. */
interface Wire {
  readonly processID: number;
  readonly secretKey: number;
  readonly host: string;
  readonly port: number;
  readonly connection: {
    on(event: "connect" | "error", see: () => void): void;
    connect(port: number | string, host?: string): void;
    cancel(processID: number, secretKey: number): void;
  };
}

/** PostgreSQL's own way: a message on a second connection with the numbers of the first. */
function cancelOn(url: string, client: Client): void {
  const { processID, secretKey } = client as unknown as Wire;
  const { connection, host, port } = new pg.Client({ connectionString: url }) as unknown as Wire;
  connection.on("error", () => undefined);
  connection.on("connect", () => connection.cancel(processID, secretKey));
  if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
