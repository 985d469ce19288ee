import type { Tap, TapEnv, TapFactory } from "#src/contract/bus.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { CommandState } from "#msgs/command.ts";
import type { ClockFact, Fact, LinkFact } from "#msgs/fact.ts";
import type { DeviceId, PointKey } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Plant } from "#src/contract/gateway.ts";
import { assert } from "#src/kit/errors.ts";
import { valueOf } from "#msgs/sample.ts";
import type { Observation } from "./evidence.ts";

/**
 * `duration`: so long from when it was set, wherever the clock is moved to. `instant`: a date somebody wrote down; when this
 * process stood still meanwhile, it is not put off.
 */
export type DeadlineKind = "duration" | "instant";

interface Waiting {
  readonly due: Timestamp;
  readonly kind: DeadlineKind;
  readonly run: () => void;
}

/** Steps retold from the journal that are remembered, to find what it misses. */
const toldAtMost = 100_000;

const recipeEnds: ReadonlySet<string> = new Set(["recipe.confirmed", "recipe.failed", "recipe.incomplete", "recipe.unknown"]);

/**
 * The desk's eyes and its alarm clock on the timeline. It decides nothing and derives nothing: what the desk works out is
 * published as steps, which a replay retells. So there is nothing to save either; the desk's state is in control.db.
 */
export class ControlTap implements Tap {
  readonly name = "control";
  readonly #plant: Plant;
  #env: TapEnv | undefined;
  readonly #watched = new Map<PointKey, Set<(seen: Observation) => void>>();
  readonly #deadlines = new Map<string, Waiting>();
  readonly #onLink = new Set<(fact: LinkFact) => void>();
  readonly #onRestart = new Set<(device: DeviceId) => void>();
  readonly #onClock = new Set<(fact: ClockFact & { at: Timestamp }) => void>();
  /** The last state of each command that the journal retold before the desk started, and where that retelling began. */
  readonly told = new Map<string, CommandState>();
  toldFrom: Timestamp | undefined;
  /** Recipes whose end was retold. */
  readonly toldRecipes = new Set<string>();
  #isRetelling = true;

  constructor(plant: Plant) {
    this.#plant = plant;
  }

  readonly factory: TapFactory = (env) => {
    this.#env = env;
    return this;
  };

  /** Runs when the timeline comes there. Setting a key again moves it. */
  at(due: Timestamp, key: string, kind: DeadlineKind, run: () => void): void {
    assert(this.#env, "the desk was started before its timeline was opened");
    this.#deadlines.set(key, { due, kind, run });
    this.#env.at(due, key);
  }

  now(): Timestamp {
    assert(this.#env, "the desk was started before its timeline was opened");
    return this.#env.now();
  }

  forget(key: string): void {
    if (this.#deadlines.delete(key)) this.#env?.cancel(key);
  }

  watch(key: PointKey, see: (seen: Observation) => void): Cancel {
    let watchers = this.#watched.get(key);
    if (!watchers) this.#watched.set(key, (watchers = new Set()));
    watchers.add(see);
    return () => {
      watchers.delete(see);
      if (watchers.size === 0 && this.#watched.get(key) === watchers) this.#watched.delete(key);
    };
  }

  onLink(see: (fact: LinkFact) => void): void {
    this.#onLink.add(see);
  }

  /** A device said, or was seen, to have begun anew while its link stayed up. */
  onRestart(see: (device: DeviceId) => void): void {
    this.#onRestart.add(see);
  }

  onClock(see: (fact: ClockFact & { at: Timestamp }) => void): void {
    this.#onClock.add(see);
  }

  /** From here on facts are new: the desk is about to start. */
  goLive(): void {
    this.#isRetelling = false;
  }

  see(fact: Fact): void {
    if (this.#isRetelling) this.toldFrom ??= fact.at;
    if (fact.kind === "samples") {
      if (this.#watched.size > 0) this.#look(fact.samples, fact.at);
    } else if (fact.kind === "command") this.#remember(fact.step.command.id, fact.step.state);
    else if (fact.kind === "operator") this.#rememberRecipe(fact.act, fact.data);
    else if (fact.kind === "link") for (const see of this.#onLink) see(fact);
    else if (fact.kind === "clock") this.#moved(fact);
    else if (fact.kind === "event" && isRestart(fact.type) && fact.device !== undefined) {
      for (const see of this.#onRestart) see(fact.device);
    }
  }

  due(key: string | number): void {
    const waiting = this.#deadlines.get(String(key));
    if (!waiting) return;
    this.#deadlines.delete(String(key));
    waiting.run();
  }

  save(): unknown {
    return { at: this.#env?.now() };
  }

  restore(state: unknown): void {
    this.toldFrom = (state as { at?: Timestamp }).at;
  }

  #look(samples: Samples, at: Timestamp): void {
    const { keys } = samples;
    for (let i = 0; i < keys.length; i++) {
      const watchers = this.#watched.get(keys[i]!);
      if (!watchers) continue;
      const observation = this.#observation(samples, i, at);
      for (const see of [...watchers]) see(observation);
    }
  }

  #observation(samples: Samples, i: number, at: Timestamp): Observation {
    const kind = this.#plant.byKey[samples.keys[i]!]?.kind ?? "number";
    return {
      value: valueOf(kind, samples.values[i]!, samples.texts?.get(i)),
      quality: samples.qualities[i]!,
      sourceTime: samples.sourceTimes[i]!,
      at,
      origin: samples.origin,
      ...(samples.askedAt !== undefined && { askedAt: samples.askedAt }),
      ...(samples.deviceTimes && { deviceTimes: true }),
    };
  }

  #remember(id: string, state: CommandState): void {
    if (!this.#isRetelling) return;
    this.told.delete(id);
    this.told.set(id, state);
    if (this.told.size > toldAtMost) this.told.delete(this.told.keys().next().value!);
  }

  #rememberRecipe(act: string, data: Readonly<Record<string, unknown>>): void {
    if (!this.#isRetelling || !recipeEnds.has(act)) return;
    this.toldRecipes.add(String(data["recipeId"]));
    if (this.toldRecipes.size > toldAtMost) this.toldRecipes.delete(this.toldRecipes.keys().next().value!);
  }

  /** The loop has moved every deadline along with the jump. Dates stay where they were, unless the date itself was corrected. */
  #moved(fact: ClockFact & { at: Timestamp }): void {
    const by = Math.max(0, fact.at - fact.from);
    for (const [key, waiting] of this.#deadlines) {
      if (waiting.kind === "duration") this.#deadlines.set(key, { ...waiting, due: waiting.due + by });
      else this.#env!.at(waiting.due, key);
    }
    for (const see of this.#onClock) see(fact);
  }
}

/** `bacnet.restarted`, and what other protocols may call the same: the link stayed, the device's memory may not have. */
function isRestart(type: string): boolean {
  return type.endsWith(".restarted");
}
