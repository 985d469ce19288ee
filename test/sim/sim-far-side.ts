import { Type } from "#msgs/schema/type.ts";
import type { AdapterModule, Binding, Connection, DeviceAct, HistoryPage, Push, Reading, Receipt } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { Random } from "#src/kit/random.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { between } from "#src/kit/random.ts";

/** One thing a device said, as its own log has it: the oracle. */
export interface HandedOver {
  readonly point: string;
  readonly value: number;
  /** The gateway's own time then, and which life of it that was. */
  readonly at: number;
  readonly life: number;
}

/** One push that waits to be acknowledged: what it carried and every answer it got. */
export interface Awaiting {
  readonly values: readonly number[];
  readonly answers: boolean[];
}

/** The point whose device keeps a record of its own. */
export const loggedPoint = "d-1/logged";
const pageRows = 5;

/**
 * Devices that answer late, not at all, with refusals, drop the connection, and push values twice or out of order. Every
 * value of a counting point is new, so that each can be found again in the record. `level` points hold what they are told,
 * or ignore it, or fall back. `logged` is recorded by its device, whether anybody listens or not.
 */
export class SimFarSide {
  readonly log: HandedOver[] = [];
  readonly acts: { act: DeviceAct; at: number; obeyed: boolean }[] = [];
  readonly shown: { point: string; value: number; at: number }[] = [];
  /** Pushes that wait to be acknowledged, by the life of the gateway they came in. */
  readonly pushes: Awaiting[][] = [];
  /** What the device recorded of the logged point: values 1, 2, …, never again another one. */
  readonly recorded: { value: number; at: number }[] = [];
  readonly #levels = new Map<string, number>();
  readonly #random: Random;
  #counter = 0;
  #drop: (() => void) | undefined;
  #push: { push: Push; bindings: readonly Binding[] } | undefined;
  #deadUntil = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  module(): AdapterModule {
    const none = Type.Object({});
    return {
      protocol: "sim",
      title: "Simulated",
      link: none,
      device: none,
      check: () => [],
      create: (_config, env) => ({
        connect: async (signal) => {
          await env.timers.sleep(between(this.#random, 1, 50), signal);
          if (this.#random() < 0.2) throw new GatewayError("connect-refused", "not now");
          return this.#connection(env.timers, env.time);
        },
      }),
    };
  }

  /** Something goes wrong out there, now and then; called as time passes. */
  stir(now: number): void {
    if (this.#random() < 0.01) this.#drop?.();
    if (this.#random() < 0.02) this.#deadUntil.set(`d-${between(this.#random, 1, 3)}`, now + between(this.#random, 1, 15) * 1_000_000);
    if (this.#push && this.#random() < 0.5) this.#say(now);
    if (this.#random() < 0.3) this.recorded.push({ value: this.recorded.length + 1, at: now });
    for (const [point, value] of this.#levels) if (this.#random() < 0.005) this.#levels.set(point, value + 1);
  }

  #connection(timers: Timers, time: LiveTime): Connection {
    let end: (error: Error) => void = () => {};
    const gone = new AbortController();
    const lost = new Promise<Error>((resolve) => (end = resolve));
    const leave = (error: Error): void => {
      this.#push = undefined;
      gone.abort(error);
      end(error);
    };
    this.#drop = () => leave(new GatewayError("link-lost", "dropped"));
    const answer = (device: string, signal: AbortSignal): Promise<void> =>
      this.#answer(device, AbortSignal.any([signal, gone.signal]), timers, time);
    return {
      lost,
      read: async (bindings, signal) => {
        await answer(bindings[0]!.device, signal);
        return bindings.map((binding) => this.#reading(binding, time.now()));
      },
      subscribe: async (bindings, push, signal) => {
        await answer(bindings[0]!.device, signal);
        this.#push = { push, bindings };
        return { refused: [], close: async () => {} };
      },
      act: async (act, signal) => this.#obey(act, () => answer(act.do === "call" ? act.device : act.binding.device, signal), time),
      keepsHistory: ({ point }) => point === loggedPoint,
      history: (binding, token, signal) => this.#pages(token, () => answer(binding.device, signal)),
      close: async () => leave(new GatewayError("closed", "closed")),
    };
  }

  async *#pages(token: string | undefined, answer: () => Promise<void>): AsyncGenerator<HistoryPage> {
    for (let number = Number(token ?? 0); ;) {
      await answer();
      const rows = this.recorded.slice(number, number + pageRows);
      if (rows.length === 0) return;
      number += rows.length;
      yield {
        readings: rows.map(({ value, at }) => ({ raw: value, quality: quality.good, sourceTime: at })),
        token: String(number),
      };
    }
  }

  /** Ends the connection, if there is one. */
  drop(): void {
    this.#drop?.();
  }

  async #answer(device: string, signal: AbortSignal, timers: Timers, time: LiveTime): Promise<void> {
    if ((this.#deadUntil.get(device) ?? 0) > time.now() || this.#random() < 0.02) {
      await timers.sleep(1_000, signal);
      throw new GatewayError("timeout", `${device} did not answer`, { sent: true });
    }
    await timers.sleep(this.#random() < 0.05 ? between(this.#random, 100, 900) : between(this.#random, 1, 20), signal);
    if (this.#random() < 0.01) throw new GatewayError("busy", `${device} is busy`);
  }

  async #obey(act: DeviceAct, answer: () => Promise<void>, time: LiveTime): Promise<Receipt> {
    const obeys = this.#random() < 0.8;
    if (act.do === "set") {
      this.acts.push({ act, at: time.now(), obeyed: obeys });
      if (obeys) this.#levels.set(act.binding.point, Number(act.value));
    }
    await answer();
    return { assurance: "device" };
  }

  #reading(binding: Binding, at: number): Reading {
    if (binding.point === loggedPoint) return { raw: -1, quality: quality.good };
    const level = binding.point.includes("level");
    const value = level ? (this.#levels.get(binding.point) ?? 0) : ++this.#counter;
    if (level) this.shown.push({ point: binding.point, value, at });
    else this.log.push({ point: binding.point, value, at, life: this.pushes.length });
    return { raw: value, quality: quality.good };
  }

  /** A push of one or two new values, sometimes the older one last; the same reading is never handed over as two. */
  #say(now: number): void {
    const { push, bindings } = this.#push!;
    const readings = Array.from({ length: between(this.#random, 1, 2) }, () => {
      const binding = bindings[between(this.#random, 0, bindings.length - 1)]!;
      return { binding, raw: ++this.#counter, quality: quality.good, sourceTime: now - between(this.#random, 0, 3_000_000) };
    });
    for (const { binding, raw } of readings) this.log.push({ point: binding.point, value: raw, at: now, life: this.pushes.length });
    const answers: boolean[] = [];
    this.pushes.at(-1)!.push({ values: readings.map(({ raw }) => raw), answers });
    push(readings, { settled: (stored) => answers.push(stored) });
  }
}
