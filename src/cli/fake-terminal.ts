import type { AdapterModule } from "#src/contract/adapter.ts";
import { fakeModule } from "#src/config/fake-module.ts";
import { silentLog } from "#src/kit/log.ts";
import { runCommand } from "./program.ts";
import type { Root, RunOptions } from "./root.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON. */
  json<T>(): T;
}

interface Around {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly root?: Partial<Root>;
  readonly stopped?: AbortSignal;
  readonly input?: string;
  readonly now?: number;
  /** Sees each line as it is printed. */
  readonly onOut?: (text: string) => void;
  readonly onErr?: (text: string) => void;
}

/** Runs a command line in this process and hands back what it printed. */
export async function run(words: readonly string[], around: Around = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => (out.push(text), around.onOut?.(text)),
    err: (text: string) => (err.push(text), around.onErr?.(text)),
    env: around.env ?? {},
    cwd: around.cwd ?? "/nowhere",
    isInteractive: false,
    stopped: around.stopped ?? new AbortController().signal,
    now: () => around.now ?? Date.now(),
    input: async () => around.input ?? "",
  };
  const code = await runCommand(words, terminal, async () => fakeRoot(around.root), "0.0.0-test");
  return { code, out: out.join("\n"), err: err.join("\n"), json: () => JSON.parse(out.join("\n")) };
}

/** The gateway's own code as far as most commands need it. */
export function fakeRoot(parts: Partial<Root> = {}): Root {
  const absent = (what: string) => () => Promise.reject(new Error(`broken assumption: ${what} is not asked for here`));
  return {
    runGateway: absent("a gateway") as (options: RunOptions) => Promise<number>,
    modules: async () => [fakeModule as unknown as AdapterModule],
    checkInterlock: async () => () => undefined,
    adapterEnv: async () => ({
      time: { now: () => 0, trusted: () => true },
      timers: { after: () => () => {}, every: () => () => {}, sleep: () => Promise.resolve() },
      log: silentLog,
    }),
    hashPassword: async (password) => `scrypt$of$${password.length}`,
    exportAudit: absent("the record"),
    verifyAudit: absent("a verdict"),
    ...parts,
  };
}
