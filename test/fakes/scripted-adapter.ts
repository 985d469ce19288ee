import { Type } from "#msgs/schema/type.ts";
import type {
  AdapterConfig,
  AdapterModule,
  Binding,
  Connection,
  DeviceAct,
  DeviceEvent,
  HistoryPage,
  Push,
  Reading,
  Receipt,
  Subscription,
} from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";

/** What the far side does next; a test sets the fields. */
export interface FarSide {
  /** Refuses connections when set. */
  refuses?: string;
  /** Devices that do not answer. */
  readonly dead: Set<string>;
  readonly values: Map<string, number | boolean | string>;
  readonly asked: { device: string; count: number; atUs: number }[];
  readonly acts: DeviceAct[];
  connects: number;
  /** Ends the open connection from the far side. */
  drop?: (error?: Error) => void;
  push?: Push;
  /** The same by device, where several listen. */
  readonly pushes: Record<string, Push>;
  /** Answers take this long, in timer milliseconds. */
  answerMs: number;
  subscribes: boolean;
  /** The protocol has no questions, as MQTT has none. */
  cannotBeAsked?: boolean;
  refusedToListen: Set<string>;
  /** What the devices record themselves, by address, oldest first; record n has number n + 1. Absent: the protocol knows no history. */
  logs?: Map<string, LogRow[]>;
  /** Records a page holds. */
  pageRows: number;
  /** Every question for history, with the token it came with. */
  readonly historyAsked: { address: string; token: string | undefined }[];
  /** Whether changed devices are taken over while connected; every configuration that was, newest last. Absent: it cannot be. */
  reconfigured?: AdapterConfig[];
  /** Subscriptions that were closed. */
  unsubscribed: number;
  event?: (event: DeviceEvent) => void;
  /** The sixteen slots by address. Absent: the devices keep none. */
  slots?: Map<string, (number | null)[]>;
}

export interface LogRow {
  readonly value: number | null;
  readonly at: number;
}

export function farSide(): FarSide {
  return {
    dead: new Set(),
    pushes: {},
    values: new Map(),
    asked: [],
    acts: [],
    connects: 0,
    answerMs: 5,
    subscribes: false,
    refusedToListen: new Set(),
    pageRows: 3,
    historyAsked: [],
    unsubscribed: 0,
  };
}

const noOptions = Type.Object({});

/** A protocol that exists in tests only: its far side is a plain object, its time is the timers it is given. */
export function scriptedModule(far: FarSide): AdapterModule {
  return {
    protocol: "scripted",
    title: "Scripted",
    link: noOptions,
    device: noOptions,
    check: () => [],
    create: (_config, env) => ({
      async connect(signal) {
        far.connects++;
        await env.timers.sleep(1, signal);
        if (far.refuses) throw new GatewayError("connect-refused", far.refuses);
        return connectionTo(far, env);
      },
    }),
  };
}

function connectionTo(far: FarSide, env: Parameters<AdapterModule["create"]>[1]): Connection {
  let end: (error: Error) => void = () => {};
  const lost = new Promise<Error>((resolve) => (end = resolve));
  const gone = new AbortController();
  const leave = (error: Error): void => (gone.abort(error), end(error));
  far.drop = (error = new GatewayError("link-lost", "the far side hung up")) => leave(error);
  const answer = async (device: string, signal: AbortSignal): Promise<void> => {
    const both = AbortSignal.any([signal, gone.signal]);
    if (far.dead.has(device)) {
      await env.timers.sleep(1_000, both);
      throw new GatewayError("timeout", `${device} did not answer in 1 s`);
    }
    await env.timers.sleep(far.answerMs, both);
  };
  const connection: Connection = {
    lost,
    async read(bindings, signal) {
      const device = bindings[0]!.device;
      if (far.cannotBeAsked) throw new GatewayError("not-supported", "there are no questions here");
      far.asked.push({ device, count: bindings.length, atUs: env.time.now() });
      await answer(device, signal);
      return bindings.map((binding) => readingOf(far, binding));
    },
    async act(act, signal): Promise<Receipt> {
      await answer(act.do === "call" ? act.device : act.binding.device, signal);
      far.acts.push(act);
      if (act.do === "set") far.values.set(act.binding.address, act.value);
      return { assurance: "device" };
    },
    events(push) {
      far.event = push;
      return () => delete far.event;
    },
    close: async () => leave(new GatewayError("closed", "closed by us")),
  };
  return { ...connection, ...extrasOf(far, answer) };
}

/** What a protocol may offer beyond reading and acting, as the far side is set. */
function extrasOf(far: FarSide, answer: (device: string, signal: AbortSignal) => Promise<void>): Partial<Connection> {
  return {
    ...(far.subscribes && {
      subscribe: (bindings, push, signal) => listen(far, bindings, push, () => answer(bindings[0]!.device, signal)),
    }),
    ...(far.logs && {
      keepsHistory: ({ address }) => far.logs!.has(address),
      history: (binding, token, signal) => pagesOf(far, binding, token, () => answer(binding.device, signal)),
    }),
    ...(far.reconfigured && { reconfigure: (config) => far.reconfigured!.push(config) > 0 }),
    ...(far.slots && {
      slots: async ({ address, device }, signal) => {
        await answer(device, signal);
        const held = far.slots!.get(address);
        if (!held) throw new GatewayError("not-supported", `${address} keeps no slots`);
        return held;
      },
    }),
  };
}

/** The token is the number of the last record. */
async function* pagesOf(
  far: FarSide,
  { address }: Binding,
  token: string | undefined,
  answer: () => Promise<void>,
): AsyncGenerator<HistoryPage> {
  far.historyAsked.push({ address, token });
  for (let number = Number(token ?? 0); ;) {
    await answer();
    const rows = (far.logs!.get(address) ?? []).slice(number, number + far.pageRows);
    if (rows.length === 0) return;
    number += rows.length;
    yield { readings: rows.map(readingOfRow), token: String(number) };
  }
}

function readingOfRow({ value, at }: LogRow): Reading {
  if (value === null) return { raw: null, quality: quality.badNoValue, sourceTime: at, reason: "records were overwritten" };
  return { raw: value, quality: quality.good, sourceTime: at };
}

async function listen(far: FarSide, bindings: readonly Binding[], push: Push, answer: () => Promise<void>): Promise<Subscription> {
  await answer();
  far.push = push;
  far.pushes[bindings[0]!.device] = push;
  return { refused: bindings.filter(({ address }) => far.refusedToListen.has(address)), close: async () => void far.unsubscribed++ };
}

function readingOf(far: FarSide, { address }: Binding): Reading {
  const raw = far.values.get(address);
  return raw === undefined ? { raw: null, quality: quality.badConfig, reason: "no such address" } : { raw, quality: quality.good };
}

/** Devices with points named after them: device "a" has points "a/1", "a/2", … at addresses of the same name. */
export function scriptedConfig(devices: Readonly<Record<string, number>>, pollMs = 1_000, speaksWithinMs?: number): AdapterConfig {
  return {
    id: "link",
    link: {},
    devices: Object.entries(devices).map(([id, count]) => ({
      id,
      options: {},
      bindings: Array.from({ length: count }, (_, i) => ({
        point: `${id}/${i + 1}`,
        device: id,
        address: `${id}/${i + 1}`,
        kind: "number" as const,
        writable: true,
        pollMs,
        ...(speaksWithinMs !== undefined && { speaksWithinMs }),
      })),
    })),
  };
}
