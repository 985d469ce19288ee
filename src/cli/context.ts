import type { Command } from "commander";
import { openClient } from "#msgs/client/client.ts";
import type { Client, ClientOptions } from "#msgs/client/client.ts";
import { httpClient } from "#msgs/client/http.ts";
import { ClientError } from "#msgs/client/options.ts";
import type { HttpClient } from "#msgs/client/http.ts";
import { messageOf } from "#src/kit/errors.ts";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CommandFailure, exitOf } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import type { Root } from "./root.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface Context {
  readonly terminal: Terminal;
  root(): Promise<Root>;
  /** Set by the command that ran. */
  exit: Exit;
}

export interface GatewayOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export const defaultUrl = "http://127.0.0.1:4000";

/** Options of every command that talks to a gateway. A token on the command line would be readable by everyone on this machine. */
export function gatewayOptions(command: Command): Command {
  return command
    .option("--url <url>", `where the gateway is (default: $PLAINVIEW_URL, else ${defaultUrl})`)
    .option("--token-file <file>", "file with a session token or API key (default: $PLAINVIEW_TOKEN)")
    .option("--json", "print JSON");
}

/** Runs a command and turns what it throws into words and an exit code. */
export function action<Args extends unknown[]>(context: Context, run: (...args: Args) => Promise<Exit>): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      context.exit = await run(...args);
    } catch (error) {
      context.exit = context.terminal.stopped.aborted ? "interrupted" : exitOf(error);
      const json = args.some((arg) => typeof arg === "object" && arg !== null && "json" in arg && arg.json === true);
      context.terminal.err(
        json ? JSON.stringify({ error: { code: codeOf(error), message: messageOf(error) } }) : reasonOf(error, context.exit),
      );
    }
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "failed";
}

function reasonOf(error: unknown, exit: Exit): string {
  if (exit === "interrupted") return "stopped";
  if (exit === "noRight") return `${messageOf(error)}\nGive a token in $PLAINVIEW_TOKEN or with --token-file.`;
  return [messageOf(error), ...detailsOf(error)].join("\n");
}

/** What is wrong, a line each, where there is more than one thing: the mistakes in a site file. */
function detailsOf(error: unknown): readonly string[] {
  const details = error instanceof ClientError ? error.details : [];
  return details.filter((line) => line !== messageOf(error)).map((line) => `  ${line}`);
}

/** Reads a value or prints it as JSON, one document. */
export function show(context: Context, options: { json?: boolean }, value: unknown, text: () => string): void {
  context.terminal.out(options.json ? JSON.stringify(value, undefined, 2) : text());
}

export function http(context: Context, options: GatewayOptions): HttpClient {
  const client = httpClient(clientOptions(context, options));
  return { ...client, ...guarded(client, urlOf(context, options)) };
}

/** A live connection that is up; a gateway that is not there is said at once, not tried for ever. */
export async function connected(context: Context, options: GatewayOptions): Promise<Client> {
  const url = urlOf(context, options);
  const client = openClient(clientOptions(context, options));
  await new Promise<void>((resolve_, reject) => {
    const fail = (why: string) => {
      client.close();
      reject(unreachable(url, why));
    };
    const timer = setTimeout(() => fail("no answer within 5 s"), 5_000);
    const off = client.on("state", ({ state, why }) => {
      if (state !== "waiting") return;
      clearTimeout(timer);
      off();
      fail(why ?? "");
    });
    client.opened().then(
      () => {
        clearTimeout(timer);
        off();
        resolve_();
      },
      () => {},
    );
  });
  context.terminal.stopped.addEventListener("abort", () => client.close());
  return client;
}

function clientOptions(context: Context, options: GatewayOptions): ClientOptions {
  const token = tokenOf(context, options);
  return {
    url: urlOf(context, options),
    socket: (url) => new WebSocket(url),
    fetch: (url, init) => {
      const signals = [context.terminal.stopped, ...(init.signal ? [init.signal] : [])];
      return fetchTelling(url, { ...init, signal: AbortSignal.any(signals) });
    },
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    ...(token !== undefined && { token }),
  };
}

/** `fetch` says "fetch failed" of everything; what happened stands in its cause. */
async function fetchTelling(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(cause instanceof Error && "code" in cause ? String(cause.code) : messageOf(cause));
  }
}

export function urlOf(context: Context, options: GatewayOptions): string {
  const url = options.url ?? context.terminal.env["PLAINVIEW_URL"] ?? defaultUrl;
  if (!/^https?:\/\//.test(url)) throw new CommandFailure("usage", `"${url}" is not a URL; write it like ${defaultUrl}`);
  return url.replace(/\/$/, "");
}

function tokenOf(context: Context, options: GatewayOptions): string | undefined {
  if (options.tokenFile === undefined) return context.terminal.env["PLAINVIEW_TOKEN"] || undefined;
  try {
    return readFileSync(resolve(context.terminal.cwd, options.tokenFile), "utf8").trim();
  } catch {
    throw new CommandFailure("usage", `the token file ${options.tokenFile} cannot be read`);
  }
}

function unreachable(url: string, why: string): CommandFailure {
  return new CommandFailure(
    "unreachable",
    `no gateway answers at ${url}${why === "" ? "" : ` (${why})`}; is it running, and is the URL right?`,
  );
}

/** A person wants to know what does not answer, not which request was the first to notice. */
function guarded(client: HttpClient, url: string): Pick<HttpClient, keyof HttpClient> {
  const wrapped = Object.entries(client).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (call as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw exitOf(error) === "unreachable" ? unreachable(url, causeOf(error)) : error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as HttpClient;
}

function causeOf(error: unknown): string {
  return messageOf(error).replace(/^[A-Z]+ \S+: /, "");
}
