import type { Binding, Connection, PushedReading, Reading } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceId, PointId } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import type { Random } from "#src/kit/random.ts";
import type { Resume } from "#src/timeline/resume.ts";
import type { Outlet } from "./outlet.ts";
import type { PollGroup } from "./schedule.ts";
import { quality } from "#msgs/quality.ts";
import { usPerMs } from "#msgs/time.ts";
import { backOff } from "#src/kit/back-off.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { DevicePhase } from "./link-table.ts";
import type { Counters } from "./counters.ts";
import { Backfill } from "./backfill.ts";
import { BadReadings } from "./bad-readings.ts";
import { DeviceState } from "./device-state.ts";
import { Listened, saysNothing } from "./listened.ts";
import { Slots, groupsOf } from "./schedule.ts";
import { slept } from "./waiting.ts";

/** Points that should be listened to, where the device or adapter cannot: asked at this rate instead. */
const fallbackPollMs = 5_000;
/** A device that is down is probed with growing pauses up to this. */
const probeCeilingMs = 30_000;

export interface DeviceParts {
  readonly adapter: string;
  readonly device: DeviceId;
  readonly outlet: Outlet;
  readonly resume: Resume;
  readonly log: Log;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly random: Random;
  readonly linkCounters: Counters;
  /** Whether another device behind this link pushed something since then. */
  readonly neighboursPushedSince: (us: number) => boolean;
  /** The connection is suspect: it carries no pushes of this device, and of no other. */
  readonly connectAnew: () => void;
  /** Told when this device went up or down, so that the link can see whether anybody still answers. */
  readonly changed: () => void;
}

/** One device: asks its points at their rates, listens to the rest, and says how it is. Knows nothing of its neighbours. */
export class DevicePolling {
  readonly device: DeviceId;
  readonly state: DeviceState;
  readonly #parts: DeviceParts;
  /** What batches, gaps and shedding of this device are counted under. */
  readonly stream: string;
  readonly #backfill: Backfill;
  readonly #bad: BadReadings;
  #bindings: readonly Binding[];
  /** Aborted when the device answers again, so that no other group of it sits out the rest of its pause. */
  #away: AbortController | undefined;
  /** Ends with the serving: an answer or a push that comes later is about addresses that may not be right any more. */
  #serving: AbortSignal | undefined;
  readonly #listened: Listened;

  constructor(parts: DeviceParts, bindings: readonly Binding[]) {
    this.#parts = parts;
    this.device = parts.device;
    this.#bindings = bindings;
    this.stream = `${parts.adapter}/${parts.device}`;
    this.#bad = new BadReadings(parts.device, parts.log);
    this.state = new DeviceState({ ...parts, changed: () => this.#changed() });
    this.#backfill = new Backfill({
      ...parts,
      stream: this.stream,
      isDown: () => this.state.phase === "down",
      taken: (rows) => this.state.pushed(rows),
      failed: (error) => void this.state.count(error),
    });
    this.#listened = new Listened({
      ...parts,
      count: () => this.#bindings.length,
      ask: (connection, wanted, signal) => this.ask(connection, wanted, signal),
      heard: (readings, about) => this.#heard(readings, about),
      failed: (error, wanted) => this.#failed(error, wanted),
      poll: (connection, wanted, signal) => this.#pollAll(connection, wanted, signal),
    });
  }

  get bindings(): readonly Binding[] {
    return this.#bindings;
  }

  /** Why it is not as it should be: it does not answer, or not with every value. */
  get reason(): string | undefined {
    return this.state.reason ?? (this.state.phase === "up" ? (this.#listened.reason ?? this.#bad.summary()) : undefined);
  }

  /** It is connected, and none of its points says anything. */
  get isSilent(): boolean {
    return this.#listened.isSilent;
  }

  /** Polls and listens until the signal ends it. Never rejects: what goes wrong is told as facts. */
  async serve(connection: Connection, signal: AbortSignal): Promise<void> {
    this.state.begin();
    this.#serving = signal;
    const listened = connection.subscribe ? this.#bindings.filter((binding) => binding.pollMs === 0) : [];
    const polled = this.#bindings.filter((binding) => !listened.includes(binding));
    await Promise.all([
      this.#pollAll(connection, polled, signal),
      listened.length > 0 ? this.#listened.serve(connection, listened, signal) : undefined,
      this.#backfill.run(connection, this.#bindings, signal),
    ]);
  }

  /** Other points from now on, or another device in its place; call while nothing of it is served, or just before that ends. */
  rebind(bindings: readonly Binding[], isAnother: boolean): void {
    const known = new Set(isAnother ? [] : this.#bindings.map(placeOf));
    const stays = new Set(bindings.filter((binding) => known.has(placeOf(binding))).map(({ point }) => point));
    this.#listened.forget(this.#bindings.map(({ point }) => point).filter((point) => !stays.has(point)));
    this.#bindings = bindings;
    this.#bad.forget();
    if (isAnother) this.state.unlinked();
    this.spoil(bindings.filter((binding) => !known.has(placeOf(binding))), quality.badNoValue); // prettier-ignore
  }

  /** It is not in the site any more. */
  leave(): void {
    const { adapter, outlet } = this.#parts;
    outlet.publish({ kind: "link", adapter, device: this.device, state: "stopped" });
  }

  /** The link is gone: nothing of this device can be believed any more. */
  unlinked(): void {
    this.state.unlinked();
    this.spoil(this.#bindings, quality.badLink);
  }

  spoil(bindings: readonly Binding[], byte: number): void {
    this.#parts.outlet.spoil(this.stream, bindings.map(({ point }) => point), byte); // prettier-ignore
  }

  /** Asks now and publishes what comes back; rejects when the device does not answer, which counts as it does for polls. */
  async ask(connection: Connection, bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Reading[]> {
    const served = this.#serving;
    const either = served ? AbortSignal.any([signal, served]) : signal;
    try {
      return await this.#ask(connection, { bindings, points: bindings.map(({ point }) => point) }, either, true);
    } catch (error) {
      if (!either.aborted && !saysNothing(error)) this.#failed(error, bindings);
      throw error;
    }
  }

  async #ask(
    connection: Connection,
    { bindings, points }: Pick<PollGroup, "bindings" | "points">,
    signal: AbortSignal,
    isAwaited = false,
  ): Promise<readonly Reading[]> {
    const askedAt = this.#parts.time.now();
    const readings = await connection.read(bindings, signal, isAwaited);
    // The connection may be gone, or the points be others by now: too late is no answer.
    signal.throwIfAborted();
    if (readings.length !== points.length)
      throw new GatewayError("bad-answer", `${this.device} was asked for ${points.length} points and answered with ${readings.length}`);
    this.state.replied(readings.length, (this.#parts.time.now() - askedAt) / usPerMs, this.#bad.see(points, readings));
    this.#deliver(points, readings, askedAt);
    return readings;
  }

  #deliver(points: readonly PointId[], readings: readonly Reading[], askedAt: number): void {
    if (!this.#parts.outlet.deliver(this.stream, points, readings, { origin: "asked", askedAt })) this.state.shed(points.length);
  }

  async #pollAll(connection: Connection, bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    await Promise.all(groupsOf(bindings, fallbackPollMs).map((group) => this.#poll(connection, group, signal)));
  }

  async #poll(connection: Connection, group: PollGroup, signal: AbortSignal): Promise<void> {
    const { time, timers, random } = this.#parts;
    const periodUs = group.periodMs * usPerMs;
    const probe = backOff({ firstMs: Math.max(group.periodMs, 500), ceilingMs: Math.max(probeCeilingMs, group.periodMs), random });
    // The first question goes out at once. Later ones lie anywhere in the period: devices that came up together would otherwise
    // answer together for good, and a command would wait until all of them were heard.
    await this.#try(connection, group, signal);
    const slots = new Slots(time.now() + Math.ceil(periodUs * (1 - random())), periodUs);
    while (!signal.aborted) {
      if (this.state.phase === "down")
        await slept(timers, probe.next(), AbortSignal.any([signal, (this.#away ??= new AbortController()).signal]));
      else await slept(timers, Math.max(0, (slots.nextUs - time.now()) / usPerMs), signal);
      if (signal.aborted) return;
      await this.#try(connection, group, signal);
      if (this.state.phase !== "down") probe.reset();
      slots.done(time.now());
    }
  }

  async #try(connection: Connection, group: PollGroup, signal: AbortSignal): Promise<void> {
    try {
      await this.#ask(connection, group, signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(error, group.bindings);
    }
  }

  #heard(
    readings: readonly PushedReading[],
    about?: { retained?: boolean; historical?: boolean; settled?: (stored: boolean) => void },
  ): void {
    const points = readings.map(({ binding }) => binding.point);
    this.#listened.spoke(points);
    this.state.pushed(readings.length, about?.historical ? [] : this.#bad.see(points, readings));
    if (!about?.retained && !about?.historical) this.state.answered();
    const origin = about?.historical ? "historical" : about?.retained ? "retained" : "pushed";
    const taken = this.#parts.outlet.deliver(this.stream, points, readings, { origin, ...(about?.settled && { settled: about.settled }) });
    if (!taken) this.state.shed(points.length);
  }

  #failed(error: unknown, bindings: readonly Binding[]): void {
    const before: DevicePhase = this.state.phase;
    const after = this.state.failed(error);
    if (before === "down") return;
    const lost = after === "down" ? this.#bindings : bindings;
    this.#listened.spoilt(lost);
    this.spoil(lost, quality.badLink);
  }

  #changed(): void {
    if (this.state.phase === "up") {
      this.#away?.abort();
      this.#away = undefined;
      this.#backfill.wake();
      this.#listened.refresh();
    }
    this.#parts.changed();
  }
}

/** What makes a point the same point for its device, at whatever rate it is asked. */
function placeOf({ point, address, kind }: Binding): string {
  return JSON.stringify([point, address, kind]);
}
