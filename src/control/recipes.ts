import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Command, CommandEnd, CommandStep } from "#msgs/command.ts";
import { microseconds } from "#msgs/time.ts";
import type { Refusal } from "./gates.ts";
import type { Ledger } from "./ledger.ts";
import type { LastHands } from "./last-hands.ts";
import type { OperatorActs } from "./operator-acts.ts";
import type { Recipe, RecipeEnd, RecipeStatus } from "./recipe-book.ts";
import type { DocumentRow } from "./record.ts";
import type { KeptSlot } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { fingerprintOfBody } from "./fingerprint.ts";
import { membersOf, mustBePutBack, stagesOf } from "./recipe-book.ts";
import { wayBackOf } from "./still-wanted.ts";

export interface RecipesParts {
  readonly time: LiveTime;
  readonly ledger: Ledger;
  readonly hands: LastHands;
  readonly acts: OperatorActs;
  readonly isMomentary: (point: string) => boolean;
  /** `isLater`: what the plant must be like is asked when its stage begins, since the stages before are there to change that. */
  readonly wouldRefuse: (command: Command, by: Principal, isLater: boolean) => Refusal | undefined;
  readonly submit: (command: Command, by: Principal) => Verdict;
  /** Whether the journal missed the end of a recipe that the record has. */
  readonly isUntold: (recipeId: string, endedAt: number) => boolean;
  readonly submitOwn: (command: Command, by: Principal) => Verdict;
}

/** Recipes under way at most, and ended ones remembered. */
const atMost = 100;
const membersAtMost = 1_000;

/** A recipe as the record has it; one that has ended says when. */
interface KeptRecipe {
  readonly status: RecipeStatus;
  readonly fingerprint?: string;
  readonly endedAt?: number;
}

interface Running {
  status: RecipeStatus;
  readonly fingerprint: string;
  readonly recipe: Recipe;
  readonly by: Principal;
  /** By step: what its slot held when the member took it. */
  readonly before: Map<number, KeptSlot>;
}

/** Writes many points as one: each verified before the next stage, and put back, verified too, when one does not come true. */
export class Recipes {
  readonly #parts: RecipesParts;
  readonly #known = new Map<string, Running | { readonly fingerprint: string; readonly status: RecipeStatus }>();
  #running = 0;

  constructor(parts: RecipesParts) {
    this.#parts = parts;
  }

  /** A recipe that was under way when the gateway stopped is not taken up again: a restart writes nothing. Ends nobody was told are told. */
  begin(rows: readonly DocumentRow[]): void {
    for (const { id, body } of rows) {
      const { status, fingerprint = "", endedAt } = body as KeptRecipe;
      if (endedAt === undefined) {
        const message = "the gateway stopped while this was under way; what its commands did stands as their ends say";
        this.#ended({ ...status, state: "unknown", message }, fingerprint);
      } else {
        this.#known.set(id, { fingerprint, status });
        if (this.#parts.isUntold(id, endedAt)) this.#parts.acts.retell(`recipe.${status.state}`, status.by, aboutEnd(status));
      }
    }
  }

  find(id: string): RecipeStatus | undefined {
    return this.#known.get(id)?.status;
  }

  apply(recipe: Recipe, by: Principal): Verdict {
    const commandId = recipe.id;
    const fingerprint = fingerprintOfBody(recipe, by.name);
    const known = this.#known.get(recipe.id);
    if (known)
      return known.fingerprint === fingerprint
        ? { status: "success", commandId }
        : reject(recipe.id, "id-reused", `recipe id ${recipe.id} was used for something else`);
    const refusal = this.#refuse(recipe, by);
    if (refusal) {
      void this.#parts.acts.say("recipe.rejected", by.name, { recipeId: recipe.id, members: membersOf(recipe), ...refusal });
      return { status: "rejected", commandId, ...refusal };
    }
    const members = membersOf(recipe);
    const status: RecipeStatus = {
      id: recipe.id,
      by: by.name,
      state: "running",
      members,
      ...(recipe.title !== undefined && { title: recipe.title }),
    };
    const running: Running = { status, fingerprint, recipe, by, before: new Map() };
    this.#known.set(recipe.id, running);
    this.#running++;
    for (const { point } of recipe.steps) this.#parts.hands.follow(point, recipe.priority);
    void this.#run(running);
    return { status: "success", commandId };
  }

  /** Everything is judged before anything is sent. */
  #refuse(recipe: Recipe, by: Principal): Refusal | undefined {
    if (this.#running >= atMost) return { code: "overloaded", message: `${atMost} recipes are under way` };
    if (recipe.steps.length > membersAtMost) return { code: "bad-recipe", message: `at most ${membersAtMost} points stand in a recipe` };
    const points = recipe.steps.map(({ point }) => point);
    const twice = points.find((point, index) => points.indexOf(point) !== index);
    if (twice !== undefined) return { code: "bad-recipe", message: `${twice} stands in it twice` };
    const firstStage = recipe.stages?.[0] ?? recipe.steps.length;
    for (const [index] of recipe.steps.entries()) {
      const refusal = this.#parts.wouldRefuse(commandOf(recipe, index), by, index >= firstStage);
      if (refusal) return { code: refusal.code, message: `step ${index + 1}: ${refusal.message}` };
    }
    return undefined;
  }

  async #run(running: Running): Promise<void> {
    const { recipe, by } = running;
    const { status } = running;
    await this.#parts.acts.say("recipe.requested", by.name, { recipeId: recipe.id, members: status.members }, [
      document(recipe.id, { status, fingerprint: running.fingerprint }),
    ]);
    const ends = new Map<number, CommandStep>();
    let failed: CommandStep | undefined;
    for (const stage of stagesOf(recipe)) {
      const steps = await Promise.all(stage.map((index) => this.#carryMember(running, index)));
      steps.forEach((step, n) => this.#note(running, ends, stage[n]!, step));
      failed = steps.find(({ state }) => state !== "confirmed");
      if (failed) break;
    }
    if (!failed) return this.#end(running, "confirmed");
    const why = `${failed.command.id} ended ${failed.state}${failed.message ? `: ${failed.message}` : ""}`;
    if (recipe.compensate === false) return this.#end(running, "incomplete", `${why}; nothing was put back, as asked`);
    running.status = { ...running.status, state: "putting back", message: why };
    const left = await this.#putBack(running, ends);
    if (left.length === 0) return this.#end(running, "failed", `${why}; everything is back as it was`);
    this.#end(running, "incomplete", `${why}; could not be put back: ${left.join(", ")}`);
  }

  async #carryMember({ recipe, by, before }: Running, index: number): Promise<CommandStep> {
    const command = commandOf(recipe, index);
    const ended = this.#carry(command, by, this.#parts.submit);
    const life = this.#parts.ledger.open.get(command.id);
    const step = await ended;
    if (life?.slotBefore) before.set(index, life.slotBefore);
    return step;
  }

  #note(running: Running, ends: Map<number, CommandStep>, index: number, step: CommandStep): void {
    ends.set(index, step);
    const members = running.status.members.map((member, at) => (at === index ? { ...member, end: step.state as CommandEnd } : member));
    running.status = { ...running.status, members };
  }

  /** Backwards, one at a time, each verified. Returns the points that did not come back. */
  async #putBack({ recipe, by, before }: Running, ends: ReadonlyMap<number, CommandStep>): Promise<readonly string[]> {
    const left: string[] = [];
    for (const index of [...ends.keys()].sort((a, b) => b - a)) {
      if (!mustBePutBack(ends.get(index)!.state)) continue;
      const { point } = recipe.steps[index]!;
      const step = this.#parts.isMomentary(point)
        ? undefined
        : await this.#carry(this.#undoOf(recipe, index, before.get(index)?.()), { ...by, name: "recipe" }, this.#parts.submitOwn);
      if (step?.code === "outdated") left.push(`${point} (${step.message})`);
      else if (step?.state !== "confirmed" && step?.state !== "masked") left.push(point);
    }
    return left;
  }

  #undoOf(recipe: Recipe, index: number, slot: Slot | undefined): Command {
    const { point } = recipe.steps[index]!;
    const { priority } = recipe;
    const id = wayBackOf(commandOf(recipe, index).id);
    const about = { id, priority, asked: "recipe.compensate" };
    if (!slot) return { ...about, act: { do: "release", point } };
    const left = slot.until === undefined ? {} : { ttlMs: Math.max(1, Math.ceil((slot.until - this.#parts.time.now()) / microseconds(1))) };
    return { ...about, act: { do: "set", point, value: slot.value }, ...(slot.reason !== undefined && { reason: slot.reason }), ...left };
  }

  /** Submits and waits for the end; a refusal is an end too. */
  #carry(command: Command, by: Principal, submit: RecipesParts["submit"]): Promise<CommandStep> {
    return new Promise((resolve) => {
      const verdict = submit(command, by);
      if (verdict.status === "success") return this.#parts.ledger.onEnd(command.id, resolve);
      resolve({ command, state: "rejected", by: by.name, code: verdict.code, message: verdict.message });
    });
  }

  #end(running: Running, state: RecipeEnd, message?: string): void {
    this.#running--;
    const { steps, priority } = running.recipe;
    for (const { point } of steps) this.#parts.hands.forget(point, priority);
    this.#ended({ ...running.status, state, ...(message !== undefined && { message }) }, running.fingerprint);
  }

  /** The one terminal event, and what is kept of it so that an end that the journal missed is told after a crash. */
  #ended(status: RecipeStatus, fingerprint: string): void {
    const { id, by, state } = status;
    this.#known.set(id, { fingerprint, status });
    const ended = [...this.#known].filter(([, known]) => !("recipe" in known));
    const forgotten = ended.slice(0, Math.max(0, ended.length - atMost)).map(([old]) => old);
    for (const old of forgotten) this.#known.delete(old);
    const kept = { status, fingerprint, endedAt: this.#parts.time.now() };
    const writes = [document(id, kept), ...forgotten.map((old) => document(old, undefined))];
    void this.#parts.acts.say(`recipe.${state}`, by, aboutEnd(status), writes);
  }
}

function aboutEnd({ id, members, message }: RecipeStatus) {
  return { recipeId: id, members, ...(message !== undefined && { message }) };
}

function commandOf(recipe: Recipe, index: number): Command {
  const member = recipe.steps[index]!;
  const { id, priority, ttlMs, reason, expiresAt } = recipe;
  const act =
    "release" in member
      ? ({ do: "release", point: member.point } as const)
      : ({ do: "set", point: member.point, value: member.value } as const);
  return {
    id: `${id}.${index + 1}`,
    act,
    priority,
    asked: "recipe.step",
    ...(ttlMs !== undefined && { ttlMs }),
    ...(reason !== undefined && { reason }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...("value" in member && member.expected !== undefined && { expected: member.expected }),
  };
}

function document(id: string, body: KeptRecipe | undefined): { put: "document"; row: DocumentRow } {
  return { put: "document", row: { kind: "recipe", id, body } };
}

function reject(commandId: string, code: string, message: string): Verdict {
  return { status: "rejected", commandId, code, message };
}
