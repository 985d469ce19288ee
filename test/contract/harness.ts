import { expect, onTestFinished } from "vitest";
import type { AdapterConfig, AdapterModule, Binding, Connection, Reading } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { realEnv, type CountedEnv } from "#test/fakes/adapter-env.ts";

/** What one protocol brings so that the shared contract can be run on it. */
export interface AdapterContract {
  readonly module: AdapterModule;
  /**
   * A peer of our own and a configuration that points at it; opened anew for every test. Peers that are dear to start may be
   * shared between calls as long as each call finds it well-behaved and holding the same values.
   */
  open(): Promise<AdapterHarness>;
  /** Configurations that `check` must refuse, made from the good one, each with the path of the problem expected. */
  badConfigs(
    good: AdapterConfig,
  ): readonly { readonly what: string; readonly config: AdapterConfig; readonly path: readonly (string | number)[] }[];
  /** What this protocol has. A part it cannot have is not asked, and stands as "–" on the scoreboard. */
  readonly has: {
    /** `asked`: read() gives values. `pushed`: only a subscription does. */
    readonly values: "asked" | "pushed";
    readonly subscribe: boolean;
    readonly act: boolean;
    readonly browse: boolean;
    /** Dialling a place where nobody listens fails (TCP does, UDP does not). */
    readonly refusal: boolean;
    /** A cut link is noticed without asking anything. */
    readonly noticesDeath: boolean;
    /** Several devices share a link. */
    readonly devices: boolean;
  };
  /** Further tests that stand in other files, for the scoreboard: what was proved, and the file (from the repository's top). */
  readonly besides?: { readonly [column in "independent peers" | "fuzz"]?: { readonly says: string; readonly file: string } };
}

export interface AdapterHarness {
  readonly config: AdapterConfig;
  /** At least three points of the first device, with the value the peer holds for each; values differ from each other. */
  readonly good: readonly { readonly binding: Binding; readonly value: Value }[];
  /** Passes `check`, but the first device does not have it. Protocols without addresses that can be wrong leave it out. */
  readonly unknown?: Binding;
  /** For protocols with several devices on a link: points of a second one that lives, and of one that never answers. */
  readonly second?: readonly { readonly binding: Binding; readonly value: Value }[];
  readonly dead?: readonly Binding[];
  readonly writable?: {
    readonly binding: Binding;
    /** Two different values, neither of which is held at the start. */
    readonly values: readonly [Value, Value];
    /** What the peer received for this point, in order. */
    writes(): readonly Value[];
    /** A point (or value) that passes `check` and whose write the device refuses. */
    readonly refused?: { readonly binding: Binding; readonly value: Value };
  };
  readonly peer: PeerControl;
  /** An answer that has not come by then is a failure: the configured time-out (keep it near 300 ms) and some room for a busy machine. */
  readonly patienceMs: number;
  close(): Promise<void>;
}

export interface PeerControl {
  /** `frozen` keeps links open and answers nothing; `garbage` answers with bytes that are not the protocol; `slowMs` is a late, right answer. */
  behave(how: "well" | "frozen" | "garbage" | { readonly slowMs: number }): void;
  /** Cuts every open link and goes on listening: a restart as it looks from outside. */
  cut(): Promise<void> | void;
  /** Cuts every open link and stops listening, until `comeBack`. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  /** Makes a point hold (and, where the protocol pushes, say) a value. */
  set(binding: Binding, value: Value): Promise<void> | void;
}

export interface OpenLink {
  readonly harness: AdapterHarness;
  readonly env: CountedEnv;
  readonly connection: Connection;
  /** Dials the same peer again; closed with the rest at the end. */
  again(): Promise<Connection>;
}

/** Opens a peer, dials it, runs the test, closes everything and looks for what was left behind. */
export async function withLink(contract: AdapterContract, test: (link: OpenLink) => Promise<void>): Promise<void> {
  const harness = await contract.open();
  onTestFinished(() => harness.close());
  const env = realEnv();
  const before = openHandles();
  const adapter = contract.module.create(harness.config, env);
  const opened: Connection[] = [];
  const again = async () => {
    const connection = await adapter.connect(AbortSignal.timeout(10_000));
    opened.push(connection);
    return connection;
  };
  try {
    await test({ harness, env, connection: await again(), again });
  } finally {
    for (const connection of opened) await connection.close();
  }
  await expectNothingLeft(env, before);
}

/** Sockets, servers and pipes this process holds open. */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|UDP|Pipe|Socket/.test(kind)).length;
}

export async function expectNothingLeft(env: CountedEnv, before: number): Promise<void> {
  await until(() => openHandles() <= before && env.pendingTimers() === 0).catch(() => undefined);
  expect(env.pendingTimers(), "timers left behind").toBe(0);
  expect(openHandles(), "sockets left behind").toBeLessThanOrEqual(before);
}

/** Waits for something that happens on a real socket; the bound is generous because the machine may be busy. */
export async function until(isSo: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`did not come true within ${withinMs} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error a promise rejects with; a promise that resolves, or does not end in time, fails the test. */
export async function errorOf(promise: Promise<unknown>, withinMs: number): Promise<GatewayError> {
  const outcome = await settledWithin(promise, withinMs);
  expect(outcome.kind, `expected a rejection, got ${JSON.stringify(outcome)}`).toBe("rejected");
  const error = (outcome as { error: unknown }).error;
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

export type Outcome<T> = { kind: "resolved"; value: T } | { kind: "rejected"; error: unknown } | { kind: "pending" };

export async function settledWithin<T>(promise: Promise<T>, withinMs: number): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome<T>>((resolve) => (timer = setTimeout(() => resolve({ kind: "pending" }), withinMs)));
  const settled = promise.then(
    (value): Outcome<T> => ({ kind: "resolved", value }),
    (error: unknown): Outcome<T> => ({ kind: "rejected", error }),
  );
  const outcome = await Promise.race([settled, late]);
  clearTimeout(timer);
  return outcome;
}

/** Asks the points now; for protocols that only push, listens until each has spoken. */
export async function valuesOf(
  contract: AdapterContract,
  connection: Connection,
  bindings: readonly Binding[],
  withinMs = 5_000,
): Promise<readonly Reading[]> {
  if (contract.has.values === "asked") return connection.read(bindings, AbortSignal.timeout(withinMs));
  const heard = new Map<string, Reading>();
  const subscription = await connection.subscribe!(
    bindings,
    (readings, about) => {
      for (const reading of readings) heard.set(reading.binding.point, reading);
      about?.settled?.(true);
    },
    AbortSignal.timeout(withinMs),
  );
  try {
    await until(() => bindings.every((binding) => heard.has(binding.point)), withinMs);
  } finally {
    await subscription.close();
  }
  return bindings.map((binding) => heard.get(binding.point)!);
}
