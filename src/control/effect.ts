import type { Cancel, LiveTime } from "#src/contract/clock.ts";
import type { Intake } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Command } from "#msgs/command.ts";
import type { LinkFact } from "#msgs/fact.ts";
import type { DeviceId, Point, PointId, Value } from "#msgs/point.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlTap } from "./control-tap.ts";
import type { DeviceSlots } from "./device-slots.ts";
import type { Observation } from "./evidence.ts";
import type { FollowUp } from "./follow-up.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { isNear, isUsable } from "./evidence.ts";
import { effective, filled, isOverride, slotAt } from "./slots.ts";

/** Whether the plant follows the slot that holds a point. */
export type EffectState = "in effect" | "not in effect" | "not known";

export interface EffectParts {
  readonly plant: Plant;
  readonly time: LiveTime;
  readonly tap: ControlTap;
  readonly into: Intake;
  readonly slots: SlotTable;
  readonly followUp: FollowUp;
  readonly deviceSlots: DeviceSlots;
  readonly submitOwn: (command: Command, by: Principal) => Verdict;
}

interface Followed {
  readonly cancel: Cancel;
  state: EffectState;
  /** The plant has shown something else since the last time it showed the right thing. */
  differs: boolean;
  observed: Value | null;
}

const reasserter: Principal = { name: "reassert", kind: "program", role: "admin" };

/** Looks at every point a slot holds and notices when the plant stops following: a device restarted, another master wrote. */
export class Effect {
  readonly #parts: EffectParts;
  readonly #followed = new Map<PointId, Followed>();
  /** Devices that were reachable, went away and came back: only then may a point be reasserted. */
  readonly #returned = new Set<DeviceId>();
  readonly #wasUp = new Set<DeviceId>();
  #count = 0;

  constructor(parts: EffectParts) {
    this.#parts = parts;
    parts.slots.onChange((point) => this.#follow(point));
    parts.tap.onLink((fact) => this.#link(fact));
    parts.tap.onRestart((device) => this.#restarted(device));
  }

  begin(): void {
    for (const point of [...this.#parts.slots.points()]) this.#follow(point);
  }

  of(point: PointId): EffectState {
    return this.#followed.get(point)?.state ?? "not known";
  }

  #follow(id: PointId): void {
    const { slots, plant, tap } = this.#parts;
    const isHeld = effective(slots.of(id), "leave") !== "leave";
    const followed = this.#followed.get(id);
    if (followed && !isHeld) {
      followed.cancel();
      tap.forget(keyOf(id));
      this.#followed.delete(id);
    }
    const point = plant.points.get(id);
    const shows = point && plant.points.get(point.control?.evidence.point ?? id);
    if (followed || !isHeld || !shows) return;
    const cancel = tap.watch(shows.key, (seen) => this.#see(point, seen));
    this.#followed.set(id, { cancel, state: "not known", differs: false, observed: null });
  }

  #see(point: Point, seen: Observation): void {
    const { slots, followUp, tap } = this.#parts;
    const followed = this.#followed.get(point.id);
    const holds = effective(slots.of(point.id), "leave");
    if (!followed || holds === "leave" || seen.origin === "historical" || seen.origin === "retained" || !isUsable(seen)) return;
    // While a command is looked after, it is the command that says what the plant does.
    if (followUp.isWatching(point.id) || (seen.askedAt ?? seen.sourceTime) <= followUp.answeredAt(point.id)) return;
    followed.observed = seen.value;
    if (isNear(seen.value!, holds.value, point.control!.evidence.tolerance)) return this.#follows(point, followed);
    if (followed.differs) return;
    followed.differs = true;
    tap.at(tap.now() + settleUs(point), keyOf(point.id), "duration", () => this.#stopped(point));
  }

  #follows(point: Point, followed: Followed): void {
    this.#parts.tap.forget(keyOf(point.id));
    followed.differs = false;
    const before = followed.state;
    followed.state = "in effect";
    if (before === "not in effect") this.#say("slot.in-effect", point, followed.observed);
    else if (before === "not known") this.#changed(point, followed);
  }

  /** It has differed for as long as a command would have been given. */
  #stopped(point: Point): void {
    const { followUp, slots, deviceSlots } = this.#parts;
    const followed = this.#followed.get(point.id);
    if (!followed?.differs || followUp.isWatching(point.id)) return;
    followed.differs = false;
    if (followed.state !== "not in effect") {
      followed.state = "not in effect";
      this.#say("slot.not-in-effect", point, followed.observed);
    }
    if (deviceSlots.isKeptBy(point.id)) void deviceSlots.refresh(point.id);
    const holder = filled(slots.of(point.id))[0];
    if (holder && this.#returned.has(point.device) && point.control!.onReturn === "reassert")
      this.#reassert(point, holder.priority, holder.slot);
  }

  #link(fact: LinkFact): void {
    const { plant } = this.#parts;
    const devices = fact.device
      ? [fact.device]
      : [...plant.devices.values()].filter(({ adapter }) => adapter === fact.adapter).map(({ id }) => id);
    for (const device of devices) {
      if (fact.state === "up") this.#cameUp(device);
      else if (fact.state === "down" || fact.state === "stopped") this.#wentAway(device);
    }
  }

  #cameUp(device: DeviceId): void {
    if (this.#wasUp.has(device)) this.#returned.add(device);
    this.#wasUp.add(device);
    void this.#readArrays(device, this.#returned.has(device));
  }

  /** Its link stayed up, its slots may be empty: as if it had been away. */
  #restarted(device: DeviceId): void {
    this.#wentAway(device);
    this.#wasUp.add(device);
    this.#cameUp(device);
  }

  #wentAway(device: DeviceId): void {
    for (const [id, followed] of this.#followed) {
      const point = this.#parts.plant.points.get(id);
      if (point?.device !== device) continue;
      const wasKnown = followed.state !== "not known";
      followed.state = "not known";
      followed.differs = false;
      this.#parts.tap.forget(keyOf(id));
      if (wasKnown) this.#changed(point, followed);
    }
  }

  /** A device that keeps the slots itself is read before anything is believed; what it lost while away is said, or put back. */
  async #readArrays(device: DeviceId, hasReturned: boolean): Promise<void> {
    const { plant, slots, deviceSlots } = this.#parts;
    for (const point of plant.pointsOf(device)) {
      if (point.control?.mode !== "slots" || !deviceSlots.isKeptBy(point.id)) continue;
      const before = filled(slots.of(point.id)).map(({ priority, slot }) => ({ priority, slot, now: slots.keep(slot) }));
      if (!(await deviceSlots.refresh(point.id))) continue;
      for (const { priority, slot, now } of before) {
        if (slot.command === undefined || slotAt(slots.of(point.id), priority) !== undefined) continue;
        this.#say("slot.lost", point, null, { priority, value: slot.value, by: slot.by });
        if (hasReturned && point.control.onReturn === "reassert") this.#reassert(point, priority, now()!);
      }
    }
  }

  #reassert(point: Point, priority: number, slot: Slot): void {
    const { time, submitOwn } = this.#parts;
    this.#returned.delete(point.device);
    const now = time.now();
    if (slot.until !== undefined && slot.until <= now) return;
    const left = slot.until === undefined ? {} : { ttlMs: Math.ceil((slot.until - now) / 1_000) };
    const act = { do: "set", point: point.id, value: slot.value } as const;
    const reason = slot.reason ?? `${point.device} came back and did not follow; set by ${slot.by}`;
    submitOwn({ id: `reassert-${now}-${++this.#count}`, act, priority, asked: "slot.reassert", reason, ...left }, reasserter);
  }

  /** Nothing to worry about, but a list of overrides that is on a screen shows it: only for what stands in that list. */
  #changed(point: Point, { state, observed }: Followed): void {
    const holder = filled(this.#parts.slots.of(point.id))[0];
    if (!holder || !isOverride(holder.priority, holder.slot)) return;
    const { priority, slot } = holder;
    this.#say("override.changed", point, observed, { priority, value: slot.value, effect: state });
  }

  #say(type: string, point: Point, observed: Value | null, data?: Record<string, unknown>): void {
    const holds = effective(this.#parts.slots.of(point.id), "leave");
    const about = data ?? { ...(holds !== "leave" && { priority: holds.priority, value: holds.value }), observed };
    this.#parts.into.publish({ kind: "event", type, device: point.device, point: point.id, data: about });
  }
}

function settleUs(point: Point): number {
  return microseconds(Math.max(1_000, point.control!.evidence.withinMs));
}

function keyOf(point: PointId): string {
  return `effect/${point}`;
}
