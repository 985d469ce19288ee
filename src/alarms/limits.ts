import type { DeadlineKey, Tap, TapEnv } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Samples } from "#msgs/sample.ts";
import type { Table } from "#src/kit/table.ts";
import { quality } from "#msgs/quality.ts";
import { step } from "#src/kit/table.ts";
import type { Timestamp } from "#msgs/time.ts";
import { usPerMs } from "#msgs/time.ts";

/**
 * One plain limit per rule, with delays and a deadband. `rising` and `falling` wait for their delay to pass.
 *
 *   normal ──beyond──► rising ──delay──► active ──back──► falling ──delay──► normal
 *                        └──back──► normal   ▲               └──beyond──► active
 */
type LimitState = "normal" | "rising" | "active" | "falling";
type LimitEvent = "beyond" | "back" | "delay";

export const limitTable: Table<LimitState, LimitEvent> = {
  normal: { beyond: "rising", back: "same", delay: null },
  rising: { beyond: "same", back: "normal", delay: "active" },
  active: { beyond: "same", back: "falling", delay: null },
  falling: { beyond: "active", back: "same", delay: "normal" },
};

interface Watched {
  readonly rule: LimitRule;
  /** Turned around for "below", so that beyond is always upward. */
  readonly sign: 1 | -1;
  readonly limit: number;
  readonly back: number;
  state: LimitState;
  /** When it last became active. */
  since: Timestamp;
}

/** The limit rules of a site as a tap. A bad value moves nothing: an alarm neither comes nor goes on a value nobody may use. */
export class LimitsTap implements Tap {
  readonly name = "limits";
  readonly #plant: Plant;
  #watched: readonly Watched[] = [];
  #env: TapEnv | undefined;
  #byKey: (number[] | undefined)[] = [];

  constructor(plant: Plant) {
    this.#plant = plant;
  }

  readonly factory = (env: TapEnv): Tap => {
    this.#env = env;
    return this;
  };

  /** Rules whose condition stands now, and since when. */
  active(): readonly { readonly rule: LimitRule; readonly since: Timestamp }[] {
    return this.#watched.filter(({ state }) => state === "active" || state === "falling").map(({ rule, since }) => ({ rule, since }));
  }

  see(fact: Fact): void {
    if (fact.kind === "samples" && fact.samples.origin !== "historical") this.#look(fact.samples);
    else if (fact.kind === "config") this.#describe(fact.rules);
  }

  due(key: DeadlineKey): void {
    this.#turn(this.#watched[Number(key)]!, Number(key), "delay");
  }

  save(): unknown {
    return this.#watched.map(({ rule, state, since }) => ({ rule, state, since }));
  }

  restore(state: unknown): void {
    const saved = state as readonly { rule: LimitRule; state: LimitState; since: Timestamp }[];
    this.#watched = saved.map(({ rule, state: was, since }) => watch(rule, was, since));
    this.#index();
  }

  /** A rule that stays keeps its state; one that is gone takes its deadline with it. */
  #describe(rules: readonly LimitRule[]): void {
    const before = new Map(this.#watched.map((watched) => [watched.rule.id, watched]));
    this.#watched.forEach((_, index) => this.#env!.cancel(index));
    this.#watched = rules.map((rule) => watch(rule, settled(before.get(rule.id)?.state), before.get(rule.id)?.since ?? 0));
    this.#index();
  }

  #index(): void {
    this.#byKey = [];
    this.#watched.forEach(({ rule }, index) => {
      const point = this.#plant.points.get(rule.point);
      if (point) (this.#byKey[point.key] ??= []).push(index);
    });
  }

  #look({ keys, values, qualities }: Samples): void {
    const byKey = this.#byKey;
    for (let i = 0; i < keys.length; i++) {
      const rules = byKey[keys[i]!];
      if (rules === undefined || qualities[i]! >= quality.bad) continue;
      for (const index of rules) this.#judge(index, values[i]!);
    }
  }

  #judge(index: number, value: number): void {
    const watched = this.#watched[index]!;
    const upward = value * watched.sign;
    if (upward > watched.limit) {
      if (watched.state !== "active" && watched.state !== "rising") this.#turn(watched, index, "beyond");
    } else if (upward <= watched.back && watched.state !== "normal" && watched.state !== "falling") this.#turn(watched, index, "back");
    else if (watched.state === "rising") this.#turn(watched, index, "back");
  }

  #turn(watched: Watched, index: number, event: LimitEvent): void {
    const env = this.#env!;
    const before = watched.state;
    watched.state = step(limitTable, before, event);
    if (watched.state === before) return;
    env.cancel(index);
    if (watched.state === "rising") this.#wait(watched, index, watched.rule.onDelayMs);
    else if (watched.state === "falling") this.#wait(watched, index, watched.rule.offDelayMs);
    else if (watched.state === "active" && before === "rising") this.#raise(watched, env);
    else if (watched.state === "normal" && before === "falling") env.derive(watched.rule.id, "normal", { point: watched.rule.point });
  }

  #raise(watched: Watched, env: TapEnv): void {
    watched.since = env.now();
    env.derive(watched.rule.id, "active", { point: watched.rule.point });
  }

  #wait(watched: Watched, index: number, delayMs: number): void {
    if (delayMs === 0) this.#turn(watched, index, "delay");
    else this.#env!.at(this.#env!.now() + delayMs * usPerMs, index);
  }
}

function watch(rule: LimitRule, state: LimitState, since: Timestamp): Watched {
  const sign = rule.when === "above" ? 1 : -1;
  return { rule, sign, limit: rule.limit * sign, back: rule.limit * sign - rule.deadband, state, since };
}

/** A delay under way is begun again by the next value when the rules change. */
function settled(state: LimitState | undefined): LimitState {
  if (state === "active" || state === "falling") return "active";
  return "normal";
}
