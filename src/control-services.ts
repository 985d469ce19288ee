import { randomUUID } from "node:crypto";
import type { Command } from "#msgs/command.ts";
import type { Recipe as SiteRecipe } from "#src/config/index.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Control } from "#src/control/open-control.ts";
import type { Recipe } from "#src/control/recipe-book.ts";
import type { ControlActs, ControlAnswer, ControlFrame, Override, Services, StampedStep } from "#src/server/services.ts";
import { matcher } from "#src/server/session/patterns.ts";

type Answered = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

/** The desk's side as the server knows it: words are changed here, decisions are not made here. */
export function controlServices(
  control: Control,
  recipes: () => readonly SiteRecipe[],
): Pick<Services, "desk" | "resolveValve" | "overrides" | "control" | "commandHistory" | "commandAskedAt" | "audit"> {
  return {
    desk: control.desk,
    resolveValve: (wish) => control.valves.resolve(wish),
    overrides: () => control.overrides.list().map(shown),
    control: controlActs(control, recipes),
    commandAskedAt: (id) => control.desk.askedAt(id),
    commandHistory: (filter) => history(control, filter),
    audit: ({ act, by, data }) => void control.audit.record(act, by, data),
  };
}

function shown({
  id,
  point,
  priority,
  value,
  by,
  since,
  until,
  reason,
  effect,
  overdue,
}: ReturnType<Control["overrides"]["list"]>[number]): Override {
  const inEffect = effect === "in effect";
  return {
    id,
    point,
    priority,
    value,
    by,
    since,
    inEffect,
    ...(until !== undefined && { expiresAt: until }),
    ...(reason !== undefined && { reason }),
    ...(overdue ? { why: "its time is over and the release has not reached the device yet" } : !inEffect && { why: reasons[effect] }),
  };
}

const reasons = {
  "not in effect": "the plant shows something else",
  "not known": "the plant has not been seen to follow it",
  masked: "a higher priority holds the point",
} as const;

async function history(control: Control, filter: Parameters<NonNullable<Services["commandHistory"]>>[0]): Promise<readonly StampedStep[]> {
  const { point, user, state, from, to, limit } = filter;
  const rows = await control.commands({
    limit,
    ...(point !== undefined && { target: point }),
    ...(user !== undefined && { by: user }),
    ...(state !== undefined && { state: state as NonNullable<Parameters<Control["commands"]>[0]["state"]> }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  });
  return rows.map(({ step, changedAt, askedAt }) => ({ step, at: changedAt, requestedAt: askedAt }));
}

function controlActs(control: Control, recipes: () => readonly SiteRecipe[]): ControlActs {
  return {
    handles: new Set([
      "lease.take",
      "lease.renew",
      "lease.hand-over",
      "lease.release",
      "recipe.apply",
      "command.release",
      "command.select",
      "overrides.release",
    ]),
    act: (frame, by, command) => act(control, recipes, frame, by, command),
  };
}

function act(
  control: Control,
  recipes: () => readonly SiteRecipe[],
  frame: ControlFrame,
  by: Principal,
  command: Omit<Command, "act"> | undefined,
): ControlAnswer {
  const { leases, desk } = control;
  switch (frame.type) {
    case "lease.take":
      return answered(leases.take(frame.scope, by, { ttlMs: frame.ttlMs, reason: frame.reason, preempt: frame.preempt }));
    case "lease.renew":
      return answered(leases.renew(frame.leaseId, by, frame.ttlMs));
    case "lease.hand-over":
      return answered(leases.handOver(frame.leaseId, by, frame.to));
    case "lease.release":
      return answered(leases.release(frame.leaseId, by));
    case "command.release":
      return desk.release(frame.commandId, by);
    case "command.select":
      return select(control, frame, by);
    case "overrides.release":
      return releaseAll(control, frame, by);
    case "recipe.apply": {
      const recipe = recipeOf(frame, recipes(), command);
      return "steps" in recipe ? control.recipes.apply(recipe, by) : recipe;
    }
  }
}

/** What a lease or a selection looks like goes back with the answer. */
function answered(answer: Answered): ControlAnswer {
  if (!answer.ok) return { status: "rejected", code: answer.code, message: answer.message };
  const { ok: _, ...data } = answer;
  return { status: "success", data };
}

function releaseAll(control: Control, frame: Extract<ControlFrame, { type: "overrides.release" }>, by: Principal): ControlAnswer {
  const { points, reason } = frame;
  const isWanted = points ? matcher(points) : () => true;
  const verdicts = control.overrides.releaseAll(by, randomUUID(), { isWanted, reason });
  const refused = verdicts.filter((verdict) => verdict.status === "rejected");
  return {
    status: "success",
    data: { released: verdicts.length - refused.length, refused, commands: verdicts.map(({ commandId }) => commandId) },
  };
}

function select(control: Control, frame: Extract<ControlFrame, { type: "command.select" }>, by: Principal): ControlAnswer {
  const { point, value, release } = frame;
  if (value !== undefined && release)
    return { status: "rejected", code: "bad-select", message: "select for a value or for release, not both" };
  if (release) return answered(control.select(point, by, { do: "release" }));
  return answered(control.select(point, by, value === undefined ? undefined : { do: "set", value }));
}

function recipeOf(
  frame: Extract<ControlFrame, { type: "recipe.apply" }>,
  known: readonly SiteRecipe[],
  command: Omit<Command, "act"> | undefined,
): Recipe | Extract<ControlAnswer, { status: "rejected" }> {
  const { id = randomUUID(), priority = 8, ttlMs, reason, expiresAt } = command ?? {};
  const about = { id, priority, ttlMs, reason, expiresAt };
  const { steps, stages, title, order, compensate } = frame;
  if ([frame.recipe, steps, stages].filter((form) => form !== undefined).length !== 1 || (stages && order)) {
    const message = "a recipe is a name, or steps with an order, or stages: one of the three";
    return { status: "rejected", commandId: id, code: "bad-recipe", message, unseen: true };
  }
  if (steps) return { ...about, steps, title, order, compensate };
  if (stages) return { ...about, ...staged(stages), title, compensate };
  const recipe = known.find(({ id: name }) => name === frame.recipe);
  if (!recipe)
    return { status: "rejected", commandId: id, code: "unknown-recipe", message: `there is no recipe "${frame.recipe}"`, unseen: true };
  const groups = recipe.steps.map(({ set }) => Object.entries(set).map(([point, value]) => ({ point, value })));
  return { ...about, ...staged(groups), title: recipe.title ?? recipe.id, compensate: recipe.onFailure === "compensate" };
}

function staged(stages: readonly Recipe["steps"][]): Pick<Recipe, "steps" | "stages"> {
  return { steps: stages.flat(), stages: stages.map(({ length }) => length) };
}
