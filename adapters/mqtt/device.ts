import type { Binding, DeviceEvent, Push, PushedReading, Reading } from "#src/contract/adapter.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import { quality } from "#msgs/quality.ts";
import { usPerSecond } from "#msgs/time.ts";
import { Payload, readingOf, timeOf } from "./payload.ts";
import type { DevicePlan, Field, TopicPlan } from "./plan.ts";
import { Sequence, type Heard } from "./sequence.ts";

/** One message as the broker hands it over. `settle` is called once: true when it is stored or nothing in it was to be stored. */
export interface Incoming {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** The broker kept it: old news. */
  readonly isRetained: boolean;
  /** The broker may have sent it before. */
  readonly isRepeat: boolean;
  readonly settle: (isStored: boolean) => void;
}

export interface Listener {
  readonly bindings: readonly Binding[];
  readonly push: Push;
}

/** Waits for what the device says next about these points, in answer to a question. */
export interface Waiter {
  readonly missing: Set<string>;
  readonly answers: Map<string, Reading>;
  readonly done: () => void;
}

/** A number that was left out is waited for this long, and losses are told no more often. */
const lostAfterUs = 2 * usPerSecond;

const isAway: Reading = { raw: null, quality: quality.badLink, reason: "the device is away, says its status topic" };

export interface DeviceParts {
  /** Bytes of a message that are looked at. */
  readonly longest: number;
  readonly time: LiveTime;
  readonly tell: (event: DeviceEvent) => void;
}

/** One device behind the broker: who listens to it, whether it is there, where its numbering stands. Keeps no values. */
export class Device {
  readonly plan: DevicePlan;
  readonly listeners = new Set<Listener>();
  readonly waiters = new Set<Waiter>();
  /** Undefined until its status topic or a message says so. */
  isOnline: boolean | undefined;
  readonly counters = { messages: 0, unreadable: 0, lost: 0, repeated: 0, restarts: 0 };
  private readonly sequence: Sequence;
  private readonly longest: number;
  private readonly time: LiveTime;
  private readonly tell: (event: DeviceEvent) => void;
  private readonly listened: boolean;
  private eventNumber = 0;
  private lossesToldAt = Number.NEGATIVE_INFINITY;

  constructor(plan: DevicePlan, parts: DeviceParts) {
    this.plan = plan;
    this.longest = parts.longest;
    this.time = parts.time;
    this.tell = parts.tell;
    this.sequence = new Sequence(plan.limits.sequenceWraps);
    this.listened = [...plan.fields.values()].some(({ binding }) => binding.pollMs === 0);
  }

  /** Its points are to be listened to, and nobody does yet. */
  get isAwaited(): boolean {
    return this.listened && this.listeners.size === 0;
  }

  hear(message: Incoming, topics: readonly TopicPlan[], settle: (isStored: boolean) => void): void {
    this.counters.messages++;
    const payload = new Payload(message.payload, this.longest);
    const pushes: Pushed[] = [];
    const isStatus = topics.some((topic) => topic.isStatus);
    if (isStatus) pushes.push(...this.hearStatus(payload, message.isRetained));
    const heard = message.isRetained ? undefined : this.hearSign(payload, message, isStatus);
    // Heard on this link already; its first acknowledgement goes out before this one does.
    if (heard?.is === "repeated" && message.isRepeat) return settle(true);
    const readings = this.readings(payload, topics, message.isRetained && !isStatus);
    for (const { bindings, push } of this.listeners) {
      const own = bindings.flatMap((binding) => {
        const reading = readings.get(binding.point);
        return reading ? [{ ...reading, binding }] : [];
      });
      if (own.length > 0) pushes.push({ push, readings: own });
    }
    if (!message.isRetained && topics.some((topic) => topic.isAnswer)) this.answer(readings);
    deliver(pushes, message, { ...(message.isRetained && { retained: true }), ...(heard?.is === "late" && { historical: true }) }, settle);
  }

  /** What the message says about the points on its topics. */
  private readings(payload: Payload, topics: readonly TopicPlan[], isOldNews: boolean): ReadonlyMap<string, Reading> {
    const { timePath, limits } = this.plan;
    const time = timeOf(payload, timePath, limits.timeFormat);
    const found = new Map<string, Reading>();
    for (const field of topics.flatMap((topic) => topic.fields)) {
      const reading = isOldNews && this.isOnline === false ? isAway : this.readingOf(payload, field, time);
      if (reading) found.set(field.binding.point, reading);
    }
    if ([...found.values()].some((reading) => reading.quality === quality.badConfig)) this.counters.unreadable++;
    return found;
  }

  private readingOf(payload: Payload, { binding, address }: Field, time: number | "doubtful" | undefined): Reading | undefined {
    const { on, off } = this.plan.limits;
    const reading = readingOf(payload, address.read.path, binding.kind, { ...(on && { on }), ...(off && { off }) });
    if (!reading || time === undefined) return reading;
    if (time !== "doubtful") return { ...reading, sourceTime: time };
    return { ...reading, quality: Math.max(reading.quality, quality.uncertainTime), reason: reading.reason ?? "its time cannot be read" };
  }

  /** Away: everything that does not stand on the status topic itself is bad at once. */
  private hearStatus(payload: Payload, isRetained: boolean): Pushed[] {
    const { statusPath, limits, topics, fields } = this.plan;
    const said = statusPath ? payload.at(statusPath) : "value" in payload.text ? payload.text.value.trim() : undefined;
    const word = said === undefined ? undefined : String(said);
    if (word === limits.online) this.turn(true, { by: "status", retained: isRetained });
    if (word !== limits.offline) return [];
    this.turn(false, { by: "status", retained: isRetained });
    const status = topics.find((topic) => topic.isStatus);
    return [...this.listeners].flatMap(({ bindings, push }) => {
      const away = bindings.filter(({ point }) => fields.get(point)?.filter !== status?.filter);
      return away.length > 0 ? [{ push, readings: away.map((binding) => ({ ...isAway, binding })) }] : [];
    });
  }

  /** A message that is no old news: the device lives, and its number says what was lost before it. */
  private hearSign(payload: Payload, { topic, isRepeat }: Incoming, isStatus: boolean): Heard | undefined {
    // A broker tells a last will late; somebody who speaks is there.
    if (!isStatus && !isRepeat && this.isOnline === false) this.turn(true, { by: "message", retained: false });
    const { sequencePath, timePath, limits } = this.plan;
    const number = sequencePath && payload.at(sequencePath);
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) return undefined;
    const time = timeOf(payload, timePath, limits.timeFormat);
    const sourceTime = typeof time === "number" ? time : undefined;
    const heard = this.sequence.hear({ number, sourceTime, isRepeat }, this.time.now());
    this.count(heard, number, topic);
    return heard;
  }

  private count(heard: Heard, number: number, topic: string): void {
    const now = this.time.now();
    if (heard.is === "repeated") this.counters.repeated++;
    if (heard.is === "restarted") {
      this.counters.restarts++;
      this.event("device.sequence-restarted", { from: heard.from, to: number, topic });
    }
    if (now - this.lossesToldAt < lostAfterUs) return;
    const lost = this.sequence.lostBefore(now - lostAfterUs);
    if (!lost) return;
    this.counters.lost += lost.count;
    this.lossesToldAt = now;
    this.event("device.sequence-gap", { lost: lost.count, from: lost.after, before: number, topic });
  }

  private turn(isOnline: boolean, data: { by: string; retained: boolean }): void {
    const before = this.isOnline;
    this.isOnline = isOnline;
    // That it is there when we come is no news.
    if (before === isOnline || (before === undefined && isOnline)) return;
    this.event(isOnline ? "device.online" : "device.offline", data);
  }

  private event(type: string, data: Readonly<Record<string, unknown>>): void {
    this.tell({ id: `${this.plan.id}/${type}/${++this.eventNumber}`, device: this.plan.id, type, data });
  }

  private answer(readings: ReadonlyMap<string, Reading>): void {
    for (const waiter of this.waiters) {
      for (const [point, reading] of readings) if (waiter.missing.delete(point)) waiter.answers.set(point, reading);
      if (waiter.missing.size === 0) waiter.done();
    }
  }

  /** Of every point asked, while the device is known to be away. */
  awayReadings(bindings: readonly Binding[]): readonly Reading[] {
    return bindings.map(() => isAway);
  }
}

interface Pushed {
  readonly push: Push;
  readonly readings: PushedReading[];
}

/** Hands everything over and settles the message when all of it is. */
function deliver(
  pushes: readonly Pushed[],
  { qos }: Incoming,
  about: { readonly retained?: boolean; readonly historical?: boolean },
  settle: (isStored: boolean) => void,
): void {
  if (qos === 0 || pushes.length === 0) {
    for (const { push, readings } of pushes) push(readings, about);
    return settle(true);
  }
  let open = pushes.length;
  let isStored = true;
  const settled = (stored: boolean) => {
    isStored &&= stored;
    if (--open === 0) settle(isStored);
  };
  for (const { push, readings } of pushes) push(readings, { ...about, settled });
}
