import type { AdapterConfig, AdapterModule, Binding, Connection, DeviceAct, DeviceEvent, Receipt } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { LinkStatus, Plant } from "#src/contract/gateway.ts";
import type { Log } from "#src/kit/log.ts";
import type { Random } from "#src/kit/random.ts";
import type { Resume } from "#src/timeline/resume.ts";
import type { DeviceId, PointId, Value } from "#msgs/point.ts";
import type { LinkPhase } from "./link-table.ts";
import type { Outlet } from "./outlet.ts";
import { usPerMs } from "#msgs/time.ts";
import { quality } from "#msgs/quality.ts";
import { backOff } from "#src/kit/back-off.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { step } from "#src/kit/table.ts";
import { Counters } from "./counters.ts";
import { tellEvent } from "./device-events.ts";
import { DevicePolling } from "./device-polling.ts";
import { dial, hangUp } from "./dialling.ts";
import { KeptSlots } from "./kept-slots.ts";
import { deviceStatus, linkState } from "./link-status.ts";
import { linkTable } from "./link-table.ts";
import { rawOf } from "./normalise.ts";
import { reshaped } from "./reshape.ts";
import { Session } from "./session.ts";

/** One adapter of the site: its protocol and what it is configured to do. */
export interface LinkSpec {
  readonly id: string;
  readonly module: AdapterModule;
  readonly config: AdapterConfig;
}

export interface LinkParts {
  readonly plant: Plant;
  readonly resume: Resume;
  readonly outlet: Outlet;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

const firstRetryMs = 500;
const retryCeilingMs = 30_000;

/** Keeps one link open: connects, notices the loss, waits longer each time, and marks everything behind it bad meanwhile. */
export class Link {
  #spec: LinkSpec;
  #devices: ReadonlyMap<DeviceId, DevicePolling>;
  readonly #parts: LinkParts;
  readonly #counters: Counters;
  readonly #stopping = new AbortController();
  #phase: LinkPhase = "idle";
  #since: number;
  #reason: string | undefined;
  #session: Session | undefined;
  #attempted = false;
  readonly #slots: KeptSlots;
  #running: Promise<void> | undefined;

  constructor(spec: LinkSpec, parts: LinkParts) {
    this.#spec = spec;
    this.#parts = parts;
    this.#since = parts.time.now();
    this.#counters = new Counters(parts.time);
    this.#slots = new KeptSlots(parts.plant);
    this.#devices = new Map(spec.config.devices.map((device) => [device.id, this.#pollingOf(device)]));
  }

  get spec(): LinkSpec {
    return this.#spec;
  }

  get devices(): ReadonlyMap<DeviceId, DevicePolling> {
    return this.#devices;
  }

  get attempted(): boolean {
    return this.#attempted;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Takes over devices that changed and leaves the others alone; false when the link has to be made anew. */
  async reshape(spec: LinkSpec): Promise<boolean> {
    const { module, config } = this.#spec;
    const isSameLink = module === spec.module && JSON.stringify(config.link) === JSON.stringify(spec.config.link);
    if (!isSameLink || this.#phase === "connecting") return false;
    const session = this.#session;
    const { devices, ending, beginning, gone } = reshaped(this.#devices, config, spec.config, (device) => this.#pollingOf(device));
    this.#spec = spec;
    this.#devices = devices;
    const haveEnded = await session?.end(ending, new GatewayError("closed", "the site was changed"));
    for (const device of gone) device.leave();
    // Whoever connected meanwhile did so with what is wanted now.
    if (!session || this.#session !== session) return true;
    // An adapter may not be reconfigured under a question that goes on.
    if (!haveEnded || !session.connection.reconfigure?.(spec.config)) return false;
    for (const device of beginning) session.begin(device);
    return true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new GatewayError("closed", `${this.#spec.id} is being stopped`));
    await this.#session?.close();
    await this.#running;
    this.#phase = step(linkTable, this.#phase, "stop");
    this.#tell("stopped");
  }

  status(): readonly LinkStatus[] {
    const about = { adapter: this.#spec.id, protocol: this.#spec.module.protocol };
    const health = this.#connection?.health?.();
    const own: LinkStatus = {
      ...about,
      state: linkState(this.#phase),
      since: this.#since,
      counters: this.#counters.read(),
      ...(this.#reason && { reason: this.#reason }),
      ...(health && { health }),
    };
    return [own, ...[...this.#devices.values()].map((device) => deviceStatus(device, own))];
  }

  /** The only place in the whole program that calls an adapter's `act`. */
  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    const connection = this.#connection;
    if (!connection) throw new GatewayError("link-lost", `${this.#spec.id} is not connected`);
    if (!connection.act) throw new GatewayError("not-supported", `${this.#spec.module.title} cannot be commanded`);
    return connection.act(this.#inDeviceTerms(act), signal);
  }

  keepsSlots(point: PointId): boolean {
    return this.#slots.has(point);
  }

  slots(point: PointId, signal: AbortSignal): Promise<readonly (Value | null)[]> {
    return this.#slots.read(this.#connection, this.#bindingOf(point), signal);
  }

  get #connection(): Connection | undefined {
    return this.#session?.connection;
  }

  get isUp(): boolean {
    return this.#phase === "up";
  }

  async ask(device: DeviceId, points: ReadonlySet<PointId>, signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    const polling = this.#devices.get(device);
    if (!connection || !polling) throw new GatewayError("link-lost", `${this.#spec.id} is not connected`);
    await polling.ask(connection, polling.bindings.filter(({ point }) => points.has(point)), signal); // prettier-ignore
  }

  async #run(): Promise<void> {
    const { timers, random } = this.#parts;
    const retry = backOff({ firstMs: firstRetryMs, ceilingMs: retryCeilingMs, random });
    for (const device of this.#devices.values()) device.spoil(device.bindings, quality.badNoValue);
    while (!this.#stopping.signal.aborted) {
      if (await this.#connect()) {
        // A link that answers once and drops, over and over, waits longer each time like one that does not open.
        if (await this.#serve()) retry.reset();
      }
      try {
        if (!this.#stopping.signal.aborted) await timers.sleep(retry.next(), this.#stopping.signal);
      } catch {
        return;
      }
    }
  }

  async #connect(): Promise<boolean> {
    const { time, timers, log } = this.#parts;
    const before = this.#reason;
    this.#turn("try");
    if (before === undefined) this.#tell("connecting");
    let connection: Connection;
    try {
      const adapter = this.#spec.module.create(this.#spec.config, { time, timers, log });
      connection = await dial(adapter, this.#stopping.signal, this.#parts);
    } catch (error) {
      this.#attempted = true;
      if (this.#stopping.signal.aborted) return false;
      this.#turn("failed");
      this.#lost(error, before);
      return false;
    }
    this.#attempted = true;
    if (this.#stopping.signal.aborted) {
      await hangUp(connection, this.#parts);
      return false;
    }
    this.#session = new Session(connection, this.#parts);
    this.#counters.connected();
    this.#slots.connected(connection);
    if (before !== undefined) log.info(`${this.#spec.id} is connected again`);
    this.#reason = undefined;
    this.#turn("opened");
    this.#tell("up");
    return true;
  }

  /** Answers whether the link was good: it held for longer than the longest pause, and somebody behind it answered. */
  async #serve(): Promise<boolean> {
    const session = this.#session!;
    const stopEvents = session.connection.events?.((event) => this.#event(event));
    for (const device of this.#devices.values()) session.begin(device);
    const error = await session.lost;
    const devices = [...this.#devices.values()];
    const heldMs = (this.#parts.time.now() - this.#since) / usPerMs;
    const wasGood = heldMs > retryCeilingMs && devices.some(({ state }) => state.hasAnswered);
    this.#session = undefined;
    stopEvents?.();
    // What is under way is called off first, so that nothing good comes after the bad; only then it is waited for, since one
    // question that is deaf to its end must not let its neighbours look good.
    const ending = session.endAll(error);
    for (const device of devices) device.unlinked();
    if (!this.#stopping.signal.aborted) {
      this.#turn("lost");
      this.#lost(error, undefined);
    }
    await ending;
    return wasGood;
  }

  #lost(error: unknown, before: string | undefined): void {
    this.#reason = messageOf(error);
    const code = error instanceof GatewayError ? error.code : "link-lost";
    this.#counters.failed(code);
    // The same refusal every few seconds is one piece of news, not many.
    if (this.#reason === before) return;
    this.#parts.log.warn(`${this.#spec.id} is not connected: ${this.#reason}`, { code });
    this.#tell("down", code);
  }

  /** Connected, and nobody behind it answers: the connection itself is suspect (half-open), so it is made anew. */
  #deviceChanged(): void {
    const all = [...this.#devices.values()];
    if (all.length > 0 && all.every(({ state }) => state.phase === "down")) this.#connectAnew("no device answers");
  }

  #connectAnew(why: string): void {
    const suspect = this.#session;
    if (!suspect) return;
    this.#parts.log.warn(`${this.#spec.id}: ${why}; connecting anew`);
    void suspect.close();
  }

  #event(event: DeviceEvent): void {
    const now = this.#parts.time.now();
    const device = this.#devices.get(event.device);
    tellEvent(this.#parts.outlet, event, { name: device?.stream ?? this.#spec.id, heardAt: device?.state.heardAt ?? now }, now);
  }

  #pollingOf({ id, bindings }: AdapterConfig["devices"][number]): DevicePolling {
    const { outlet, resume, time, timers, random, log } = this.#parts;
    const neighboursPushedSince = (us: number): boolean =>
      [...this.devices.values()].some(({ device, state }) => device !== id && state.pushedAt > us);
    const changed = (): void => this.#deviceChanged();
    const connectAnew = (): void => this.#connectAnew(`${id} says nothing, and subscribing anew did not help`);
    const about = { adapter: this.#spec.id, device: id, linkCounters: this.#counters, changed, neighboursPushedSince, connectAnew };
    return new DevicePolling({ ...about, outlet, resume, time, timers, random, log }, bindings);
  }

  #inDeviceTerms(act: DeviceAct): DeviceAct {
    if (act.do === "call") return act;
    const binding = this.#bindingOf(act.binding.point) ?? act.binding;
    const point = this.#parts.plant.points.get(binding.point);
    return act.do === "set" ? { ...act, binding, value: point ? rawOf(point, act.value) : act.value } : { ...act, binding };
  }

  #bindingOf(id: PointId): Binding | undefined {
    const device = this.#devices.get(this.#parts.plant.points.get(id)?.device ?? "");
    return device?.bindings.find(({ point }) => point === id);
  }

  #turn(event: "try" | "opened" | "failed" | "lost"): void {
    this.#phase = step(linkTable, this.#phase, event);
    this.#since = this.#parts.time.now();
  }

  #tell(state: LinkStatus["state"], code?: string): void {
    this.#parts.outlet.publish({
      kind: "link",
      adapter: this.#spec.id,
      state,
      ...(code && { code }),
      ...(this.#reason && { reason: this.#reason }),
    });
  }
}
