import { randomUUID } from "node:crypto";
import type { Command, CommandAct } from "#msgs/command.ts";
import type { WriteFrame } from "#msgs/wire/client-frames.ts";
import { parseTime } from "#msgs/time.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import { coversArea, hasRight } from "./auth/rights.ts";
import { withTimesAsText } from "./json.ts";
import { notAvailable } from "./not-available.ts";
import type { ControlAnswer, ControlFrame, Refusal, Services } from "./services.ts";
import type { Traced } from "./tracing.ts";

/** What a write was answered with. `kind` decides the HTTP status; on the socket all but `not-available` are a rejected ack. */
export type WriteAnswer =
  | { readonly status: "success"; readonly commandId?: string; readonly data?: Readonly<Record<string, unknown>> }
  | {
      readonly status: "rejected";
      readonly kind: "gate" | "unknown" | "no-right" | "not-available";
      readonly code: string;
      readonly message: string;
      readonly commandId?: string;
      /** The desk never saw it, so no step will tell how it ended. */
      readonly untold?: Unsubmitted;
    };

export interface Unsubmitted {
  readonly asked: string;
  readonly by: string;
  readonly target: Readonly<Record<string, unknown>>;
}

/** The one way from a frame or a body to the desk; HTTP and the socket both come through here. */
export interface Writes {
  write(frame: WriteFrame, by: Principal): WriteAnswer | Promise<WriteAnswer>;
}

const manualPriority = 8;
const programPriority = 16;

type CommandFrame = Extract<WriteFrame, { type: "point.write" | "point.release" | "device.call" | "valve.actuate" | "recipe.apply" }>;

export function openWrites(services: Services, traced: Traced): Writes {
  function refuse(frame: WriteFrame, by: Principal, kind: "unknown" | "no-right" | "gate", refusal: Refusal): WriteAnswer {
    const commandId = "commandId" in frame && frame.commandId !== undefined ? frame.commandId : randomUUID();
    const target = targetOf(frame);
    services.audit({
      act: "refused",
      by: by.name,
      data: { asked: frame.type, commandId, code: refusal.code, message: refusal.message, ...target },
    });
    return {
      status: "rejected",
      kind,
      commandId,
      code: refusal.code,
      message: refusal.message,
      untold: { asked: frame.type, by: by.name, target },
    };
  }

  function write(frame: WriteFrame, by: Principal): WriteAnswer | Promise<WriteAnswer> {
    if (!hasRight(by, "command")) {
      return refuse(frame, by, "no-right", { code: "no-right", message: `${by.name} (${by.role}) may look and not command` });
    }
    if (frame.timeline !== undefined && frame.timeline !== "live") {
      const message = `this screen shows ${frame.timeline}, not live; nothing was written`;
      return refuse(frame, by, "gate", { code: "replay-cannot-write", message });
    }
    switch (frame.type) {
      case "point.write":
        return submit(frame, { do: "set", point: frame.point, value: frame.value }, by);
      case "point.release":
        return submit(frame, { do: "release", point: frame.point }, by);
      case "device.call":
        return submit(frame, { do: "call", device: frame.device, method: frame.method, args: frame.args ?? {} }, by);
      case "valve.actuate":
        return actuate(frame, by);
      case "command.cancel":
        return cancel(frame, by);
      case "alert.resolve":
      case "detection.ack":
        return { status: "rejected", kind: "not-available", ...notAvailable(frame.type) };
      default:
        return controlAct(frame, by);
    }
  }

  function actuate(frame: Extract<WriteFrame, { type: "valve.actuate" }>, by: Principal): WriteAnswer {
    const { valveId, position, commandId = randomUUID() } = frame;
    if (!services.plant.valves.has(valveId)) return refuse(frame, by, "unknown", unknown("valve", valveId));
    const answer = services.resolveValve({ valveId, commandId, ...(position !== undefined && { position }) });
    return answer.ok ? submit({ ...frame, commandId }, answer.act, by) : refuse({ ...frame, commandId }, by, "gate", answer);
  }

  function cancel(frame: Extract<WriteFrame, { type: "command.cancel" }>, by: Principal): WriteAnswer {
    if (!services.desk.find(frame.commandId)) return refuse(frame, by, "unknown", unknown("command", frame.commandId));
    return answerOf(services.desk.cancel(frame.commandId, by));
  }

  function submit(frame: CommandFrame, act: CommandAct, by: Principal): WriteAnswer {
    const point = act.do === "call" ? undefined : services.plant.points.get(act.point);
    const device = act.do === "call" ? services.plant.devices.get(act.device) : undefined;
    if (act.do === "call" && !device) return refuse(frame, by, "unknown", unknown("device", act.device));
    if (act.do !== "call" && !point) return refuse(frame, by, "unknown", unknown("point", act.point));
    const area = point?.area ?? device?.area;
    if (!coversArea(by, area, services.areas())) {
      const what = act.do === "call" ? act.device : act.point;
      return refuse(frame, by, "no-right", { code: "no-right-here", message: `${by.name} has no right in the area of ${what}` });
    }
    return traced(`command ${frame.type}`, () => answerOf(services.desk.submit({ ...described(frame, by), act }, by)), refusalOf);
  }

  /** A person writes at 8 and a program at 16 unless told otherwise; how long it lives when nobody says is the desk's to know. */
  function described(frame: CommandFrame, by: Principal): Omit<Command, "act"> {
    const priority = frame.priority ?? (by.kind === "person" ? manualPriority : programPriority);
    const expiresAt = frame.expiresAt === undefined ? undefined : parseTime(frame.expiresAt);
    return {
      id: frame.commandId ?? randomUUID(),
      priority,
      asked: frame.type,
      ...(frame.ttlMs !== undefined && { ttlMs: frame.ttlMs }),
      ...("expected" in frame && frame.expected !== undefined && { expected: frame.expected }),
      ...(frame.reason !== undefined && { reason: frame.reason }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
  }

  function controlAct(frame: ControlFrame, by: Principal): WriteAnswer | Promise<WriteAnswer> {
    const { control } = services;
    if (!control?.handles.has(frame.type)) return { status: "rejected", kind: "not-available", ...notAvailable(frame.type) };
    const command = frame.type === "recipe.apply" ? described(frame, by) : undefined;
    const answer = control.act(frame, by, command);
    const settle = (settled: ControlAnswer): WriteAnswer => settledAct(frame, by, settled);
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }

  /** A recipe's refusal is recorded by the desk's side, as a command's is; every other refusal is recorded here. */
  function settledAct(frame: ControlFrame, by: Principal, answer: ControlAnswer): WriteAnswer {
    if (answer.status === "success") return ofControl(answer);
    const { commandId, code, message } = answer;
    if (frame.type !== "recipe.apply") {
      services.audit({ act: "refused", by: by.name, data: { asked: frame.type, code, message, ...targetOf(frame) } });
    } else if (answer.unseen) {
      return refuse({ ...frame, ...(commandId !== undefined && { commandId }) }, by, kindOf(code), { code, message });
    }
    return ofControl(answer);
  }

  return { write };
}

const refusalOf = (answer: WriteAnswer): string | undefined => (answer.status === "rejected" ? answer.code : undefined);

/** The desk looks at rights and targets again; its words for them keep their HTTP meaning. */
function answerOf(verdict: Verdict): WriteAnswer {
  if (verdict.status === "success") return verdict;
  const { code, message, commandId } = verdict;
  return { status: "rejected", kind: kindOf(code), code, message, commandId };
}

function ofControl(answer: ControlAnswer): WriteAnswer {
  if (answer.status === "success") return answer.data ? { ...answer, data: withTimesAsText(answer.data) } : answer;
  const { commandId, code, message } = answer;
  return { status: "rejected", kind: kindOf(code), code, message, ...(commandId !== undefined && { commandId }) };
}

function kindOf(code: string): "no-right" | "unknown" | "gate" {
  return code.startsWith("no-right") ? "no-right" : code.startsWith("unknown-") ? "unknown" : "gate";
}

function unknown(what: string, id: string): Refusal {
  return { code: "unknown-target", message: `there is no ${what} "${id}" here` };
}

function targetOf(frame: WriteFrame): Record<string, unknown> {
  const { point, valveId, device, scope, leaseId } = frame as unknown as Record<string, unknown>;
  return Object.fromEntries(Object.entries({ point, valveId, device, scope, leaseId }).filter(([, value]) => value !== undefined));
}
