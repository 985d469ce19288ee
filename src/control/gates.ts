import type { Command } from "#msgs/command.ts";
import type { AreaId, Device, DeviceId, Point, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { LatestValues } from "#src/contract/gateway.ts";
import type { Principal } from "#src/contract/control.ts";
import { formatTime } from "#msgs/time.ts";
import { isEmpty, slotAt } from "./slots.ts";
import type { Slots } from "./slots.ts";
import type { CompiledInterlock } from "./interlocks.ts";
import { askInterlock } from "./interlocks.ts";
import { refuseChanged, refuseStep, refuseValue } from "./value-check.ts";

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a command is about, looked up once. A call has no point. */
export interface Target {
  readonly device: DeviceId;
  readonly point?: Point;
  readonly area: AreaId | undefined;
  /** Methods of this device that its protocol keeps for administrators. */
  readonly adminMethods?: readonly string[];
}

/** Everything the gates look at. They only look. */
export interface GateView {
  readonly command: Command;
  readonly by: Principal;
  /** Our own expiry, reassertion or compensation: the rights were checked when what it undoes was commanded. */
  readonly isOurOwn: boolean;
  readonly target: Target;
  readonly now: Timestamp;
  readonly isTimeTrusted: boolean;
  readonly latest: LatestValues;
  readonly slots: Slots;
  /** What would be written to the device; undefined when nothing would be. */
  readonly written: Value | undefined;
  readonly interlocks: readonly CompiledInterlock[];
  readonly reservedPriorities: readonly number[];
  readonly parentOf: (area: AreaId) => AreaId | undefined;
  /** Why the record cannot take this command, if it cannot. */
  readonly refuseRecord: () => Refusal | undefined;
  readonly refuseLease: () => Refusal | undefined;
  readonly refuseSelect: () => Refusal | undefined;
}

export interface Gate {
  readonly name: string;
  check(view: GateView): Refusal | undefined;
}

/** In this order; the first that is closed answers. */
export const gates: readonly Gate[] = [
  { name: "expiry", check: refuseExpired },
  { name: "record", check: (view) => view.refuseRecord() },
  {
    name: "rights",
    check: (view) => (view.isOurOwn ? undefined : (refuseRights(view.by, view.target, view.parentOf) ?? refuseMethod(view))),
  },
  { name: "priority", check: refusePriority },
  { name: "lease", check: (view) => (view.isOurOwn ? undefined : view.refuseLease()) },
  { name: "limits", check: refuseLimits },
  { name: "expected", check: refuseExpected },
  { name: "interlocks", check: refuseInterlocks },
  { name: "select", check: (view) => (view.isOurOwn ? undefined : view.refuseSelect()) },
];

/** What may have changed while a command waited for its turn or its second person. */
export const gatesBeforeSending: readonly Gate[] = gates.filter(({ name }) => name === "interlocks" || name === "lease");

/** A later stage of a recipe is held against the interlocks when it begins: the stages before it are there to open them. */
export const gatesOfLaterStages: readonly Gate[] = gates.filter(({ name }) => name !== "interlocks");

/** What a selection for a certain act is held against; slot, date and `expected` come only with the command itself. */
const ofSelection: ReadonlySet<string> = new Set(["rights", "lease", "limits", "interlocks"]);
export const gatesOfSelection: readonly Gate[] = gates.filter(({ name }) => ofSelection.has(name));

export function firstRefusal(list: readonly Gate[], view: GateView): Refusal | undefined {
  for (const gate of list) {
    const refusal = gate.check(view);
    if (refusal) return refusal;
  }
  return undefined;
}

/** Inputs that were bad and passed over because the site file says so. */
export function allowances(view: GateView): readonly string[] {
  const { point } = view.target;
  if (!point || view.written === undefined) return [];
  return view.interlocks.flatMap((interlock) => {
    const answer = askInterlock(interlock, point, view.written!, view.latest);
    return answer.open ? answer.allowed : [];
  });
}

/** A role may act, and where. Used for leases, selections and the second person as well. */
export function refuseRights(by: Principal, target: Target, parentOf: (area: AreaId) => AreaId | undefined): Refusal | undefined {
  if (by.role === "viewer") return { code: "no-right", message: `${by.name} may look and not command` };
  if (!by.areas) return undefined;
  for (let area = target.area, steps = 0; area !== undefined && steps < 32; area = parentOf(area), steps++) {
    if (by.areas.includes(area)) return undefined;
  }
  return { code: "no-right", message: `${by.name} may not command in ${target.area ? `area ${target.area}` : "a place without an area"}` };
}

/** What silences or restarts a device is not for whoever operates it. */
function refuseMethod({ command: { act }, by, target }: GateView): Refusal | undefined {
  if (act.do !== "call" || by.role === "admin" || !target.adminMethods?.includes(act.method)) return undefined;
  return { code: "no-right", message: `"${act.method}" on ${act.device} is for administrators; ${by.name} is ${withArticle(by.role)}` };
}

function withArticle(role: string): string {
  return `${/^[aeiou]/.test(role) ? "an" : "a"} ${role}`;
}

export function areaOf(device: Device, point?: Point): AreaId | undefined {
  return point?.area ?? device.area;
}

function refuseExpired({ command, now, isTimeTrusted }: GateView): Refusal | undefined {
  if (command.expiresAt === undefined) return undefined;
  if (!isTimeTrusted)
    return { code: "time-not-trusted", message: "the gateway does not know the date yet; a command with a date cannot be judged" };
  if (command.expiresAt > now) return undefined;
  return { code: "expired", message: `it was to be sent before ${formatTime(command.expiresAt)}` };
}

/** What we put into a reserved slot ourselves, before it was reserved, may always be taken out again. */
function refusePriority({ command, isOurOwn, reservedPriorities, slots }: GateView): Refusal | undefined {
  const { priority } = command;
  if (!Number.isInteger(priority) || priority < 1 || priority > 16) {
    return { code: "bad-priority", message: `priorities are 1 to 16, not ${priority}` };
  }
  const isReleaseOfOurs = command.act.do === "release" && slotAt(slots, priority)?.command !== undefined;
  if (isOurOwn || isReleaseOfOurs || !reservedPriorities.includes(priority)) return undefined;
  return { code: "reserved-priority", message: `priority ${priority} is reserved and this site does not open it` };
}

function refuseLimits({ command, target, latest }: GateView): Refusal | undefined {
  const { act } = command;
  const { point } = target;
  if (!point || act.do === "call") return undefined;
  if (!point.control) return { code: "read-only", message: `${point.id} cannot be commanded` };
  if (act.do === "release") {
    return point.control.mode === "slots"
      ? undefined
      : { code: "nothing-to-release", message: `${point.id} is momentary and holds nothing` };
  }
  return refuseValue(point, act.value) ?? refuseStep(point, act.value, latest.get(point.id));
}

function refuseExpected({ command, target, latest }: GateView): Refusal | undefined {
  if (command.expected === undefined || !target.point) return undefined;
  return refuseChanged(target.point, command.expected, latest.get(target.point.id));
}

/** A release that leaves the plant as it is opens no valve: only what would be written is held against the conditions. */
function refuseInterlocks({ target, interlocks, written, latest }: GateView): Refusal | undefined {
  if (!target.point || written === undefined) return undefined;
  for (const interlock of interlocks) {
    const answer = askInterlock(interlock, target.point, written, latest);
    if (!answer.open) return { code: "interlock", message: answer.message };
  }
  return undefined;
}

/** A release of the last slot without a default changes nothing at the device. */
export function isQuietRelease(command: Command, slots: Slots): boolean {
  return command.act.do === "release" && isEmpty(slots);
}
