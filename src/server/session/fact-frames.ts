import { commandStates } from "#msgs/command.ts";
import type { Derivation, Fact, FactOf } from "#msgs/fact.ts";
import type { DeviceId, PointId } from "#msgs/point.ts";
import { formatTime } from "#msgs/time.ts";
import { commandEventName } from "#msgs/wire/event-names.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import type { Plant } from "#src/contract/gateway.ts";
import { actFields, commandJson, withTimesAsText } from "../json.ts";
import type { StampedStep } from "../services.ts";

/** A frame and what it is about, by which it is decided who may hear it. */
export interface Told {
  readonly frame: ServerFrame;
  readonly point?: PointId | undefined;
  readonly device?: DeviceId | undefined;
  /** Of a recipe: the points in it. */
  readonly members?: readonly PointId[];
}

/** How a fact is told. Values and commands have ways of their own. */
export function frameOfFact(fact: Exclude<Fact, FactOf<"samples"> | FactOf<"command">>, timeline: string): Told | undefined {
  const at = formatTime(fact.at);
  const event = (data: { type: string; [field: string]: unknown }): ServerFrame => ({ type: "event", timeline, data: { ...data, at } });
  switch (fact.kind) {
    case "link": {
      const { adapter, device, state, code, reason } = fact;
      const about = {
        ...(device !== undefined && { device }),
        ...(code !== undefined && { code }),
        ...(reason !== undefined && { reason }),
      };
      return { frame: { type: "link", timeline, at, adapter, state, ...about }, device };
    }
    case "event":
      return {
        frame: event({
          type: fact.type,
          ...(fact.device !== undefined && { deviceId: fact.device }),
          ...(fact.point !== undefined && { point: fact.point }),
          ...(fact.sourceTime !== undefined && { sourceTime: formatTime(fact.sourceTime) }),
          data: fact.data,
        }),
        point: fact.point,
        device: fact.device,
      };
    case "operator":
      return { frame: operatorFrame(fact, timeline), ...(fact.act.startsWith("recipe.") && { members: pointsOf(fact.data) }) };
    case "config":
      return { frame: event({ type: "plant.revised", revision: fact.revision, points: fact.points.length }) };
    case "clock":
      return { frame: event({ type: "clock.moved", why: fact.why, from: formatTime(fact.from), trusted: fact.trusted }) };
    case "gap":
      return {
        frame: event({
          type: "gap.declared",
          stream: fact.stream,
          from: formatTime(fact.from),
          to: formatTime(fact.to),
          lost: fact.lost,
          why: fact.why,
        }),
      };
    case "tick":
      return timeline === "live" ? { frame: { type: "timeline", timeline, now: at, kind: "live", state: "live" } } : undefined;
  }
}

/** Recipes are told like commands, by the id they were given, and leases with what they are; of other acts only that they were done. */
function operatorFrame({ act, by, data, at }: FactOf<"operator">, timeline: string): ServerFrame {
  const when = { by, at: formatTime(at) };
  const recipeId = data["recipeId"];
  if (act.startsWith("recipe.") && typeof recipeId === "string") {
    const about = { id: recipeId, commandId: recipeId, asked: "recipe.apply", ...recipeState(act.slice("recipe.".length)) };
    return { type: "event", timeline, commandId: recipeId, data: { ...data, ...when, ...about, type: act } };
  }
  if (act.startsWith("lease.")) return { type: "event", timeline, data: { ...withTimesAsText(data), ...when, type: act } };
  return { type: "event", timeline, data: { type: "operator.acted", act, ...when } };
}

function pointsOf({ members }: Readonly<Record<string, unknown>>): readonly PointId[] {
  return Array.isArray(members) ? members.map((member) => (member as { point: PointId }).point) : [];
}

function recipeState(word: string): { state: string; code?: string } {
  if (word === "requested") return { state: "recorded" };
  if (word === "incomplete") return { state: "failed", code: "incomplete" };
  return { state: (commandStates as readonly string[]).includes(word) ? word : "sent" };
}

export function derivedFrame(derivation: Derivation, timeline: string): ServerFrame {
  const { at, tap, subject, state, detail } = derivation;
  return { type: "derived", timeline, at: formatTime(at), tap, subject, state, ...(detail && { detail }) };
}

export function commandFrame(stamped: StampedStep, timeline: string, plant: Plant): Told {
  const { command, state } = stamped.step;
  const type = commandEventName(command.asked, state);
  const data = { type, ...actFields(command.act, command.asked, plant), ...commandJson(stamped) };
  const about = command.act.do === "call" ? { device: command.act.device } : { point: command.act.point };
  return { frame: { type: "event", timeline, commandId: command.id, data }, ...about };
}
