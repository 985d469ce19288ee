import type {
  AdapterConfig,
  AdapterEnv,
  Binding,
  Connection,
  DeviceAct,
  DeviceEvent,
  Found,
  HistoryPage,
  Push,
  Reading,
  Receipt,
  Subscription,
} from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { DeviceId, Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { actOn, checkAct, readSlots, type MinimumTimes, type Target } from "./command/act.ts";
import { call, checkCall } from "./command/calls.ts";
import type { DeviceOptions, Link, LinkOptions } from "./config.ts";
import { browse } from "./discovery/browse.ts";
import type { Parts } from "./open.ts";
import { findPeer, zoneOf, type ConfiguredDevice } from "./peer/devices.ts";
import type { Peer } from "./peer/peer.ts";
import { readPoints } from "./points/read-points.ts";
import { readLog } from "./trend/history.ts";

/** An open BACnet link: finds the device of each call and hands the call to the room that knows how. */
export class BacnetConnection implements Connection {
  readonly lost: Promise<Error>;
  readonly #parts: Parts;
  readonly #link: Link;
  readonly #env: AdapterEnv;
  readonly #minimums = new Map<ConfiguredDevice, MinimumTimes>();
  #closed: Promise<void> | undefined;

  constructor(parts: Parts, link: Link, env: AdapterEnv) {
    this.#parts = parts;
    this.#link = link;
    this.#env = env;
    this.lost = parts.transport.lost;
    void this.lost.then((error) => this.#end(error));
  }

  async read(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Reading[]> {
    const [first] = bindings;
    if (!first) return [];
    const { device, peer } = await this.#at(first.device, signal);
    const points = bindings.map((binding) => this.#parts.devices.addressed(binding));
    return readPoints(this.#parts.conversation, peer, points, device.flagless, signal);
  }

  async subscribe(bindings: readonly Binding[], push: Push, signal: AbortSignal): Promise<Subscription> {
    const groups = new Map<DeviceId, Binding[]>();
    for (const binding of bindings) groups.set(binding.device, [...(groups.get(binding.device) ?? []), binding]);
    const parts = await Promise.all([...groups].map(([id, some]) => this.#subscribeDevice(id, some, push, signal)));
    return {
      refused: parts.flatMap((part) => part.refused),
      close: async () => void (await Promise.all(parts.map((part) => part.close()))),
    };
  }

  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    this.#open(signal);
    const { conversation, devices, enrolment } = this.#parts;
    if (act.do === "call") {
      const name = checkCall(act, devices.get(act.device));
      const { device, peer } = await this.#at(act.device, signal);
      return call(name, act.args, { conversation, env: this.#env, device, peer, enrolment, signal });
    }
    const addressed = devices.addressed(act.binding);
    checkAct(act, { address: addressed.address, device: devices.get(act.binding.device) });
    const target = await this.#target(act.binding, signal);
    const minimums: MinimumTimes = this.#minimums.get(target.device) ?? new Map();
    this.#minimums.set(target.device, minimums);
    return actOn(conversation, act, target, minimums, signal);
  }

  async slots(binding: Binding, signal: AbortSignal): Promise<readonly (Value | null)[]> {
    return readSlots(this.#parts.conversation, await this.#target(binding, signal), signal);
  }

  browse(signal: AbortSignal): AsyncIterable<Found> {
    const { conversation, directory, closing } = this.#parts;
    return browse(conversation, directory, this.#link, this.#env, AbortSignal.any([signal, closing.signal]));
  }

  keepsHistory(binding: Binding): boolean {
    return this.#parts.devices.addressed(binding).address.log !== undefined;
  }

  async *history(binding: Binding, token: string | undefined, signal: AbortSignal): AsyncGenerator<HistoryPage> {
    const { device, peer, ...point } = await this.#target(binding, signal);
    const zone = await zoneOf(device, peer, this.#parts.conversation, signal);
    yield* readLog(this.#parts.conversation, peer, point, token, zone, signal);
  }

  events(push: (event: DeviceEvent) => void): Cancel {
    return this.#parts.events.listen(push);
  }

  async acknowledge(event: DeviceEvent, by: string, signal: AbortSignal): Promise<Receipt> {
    const { device, peer } = await this.#at(event.device, signal);
    return this.#parts.events.acknowledge(event, by, peer, device, signal);
  }

  health(): Readonly<Record<string, unknown>> {
    const { transport, application, directory, cov, events, devices } = this.#parts;
    return {
      link: transport.health(),
      network: { ...application.network.counters, networks: [...application.network.routes.keys()] },
      transactions: application.health(),
      devicesHeard: directory.all().length,
      whoIs: directory.counters,
      cov: { subscriptions: cov.size, ...cov.counters },
      events: events.counters,
      devices: Object.fromEntries(
        devices.all.map(({ id, settings }) => [
          id,
          directory.get(settings.instance)?.health() ?? { instance: settings.instance, heard: false },
        ]),
      ),
    };
  }

  /** Other devices behind the same socket: who stays goes on with all that is known of it. */
  reconfigure(config: AdapterConfig<LinkOptions, DeviceOptions>): boolean {
    if (this.#parts.closing.signal.aborted) return false;
    const { devices, directory, cov, life, events } = this.#parts;
    const changes = devices.replace(config);
    for (const device of changes.gone) {
      cov.forget(device);
      life.forget(device);
      this.#minimums.delete(device);
      directory.forget(device.settings.instance);
    }
    events.change(changes);
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#shut();
    return this.#closed;
  }

  async #shut(): Promise<void> {
    this.#end(new GatewayError("closed", "the link was closed"));
    await this.#parts.transport.close();
  }

  #end(error: Error): void {
    const { closing, application, cov, events, life } = this.#parts;
    if (closing.signal.aborted) return;
    const known = error instanceof GatewayError ? error : new GatewayError("link-lost", error.message, { cause: error });
    // Requests first: what waits for an answer is told why, before the signal tells the rest that it is over.
    application.close(known);
    closing.abort(known);
    life.close();
    cov.close();
    events.close();
  }

  async #subscribeDevice(id: DeviceId, bindings: readonly Binding[], push: Push, signal: AbortSignal): Promise<Subscription> {
    const none: Subscription = { refused: bindings, close: () => Promise.resolve() };
    if (this.#parts.devices.get(id).settings.cov === "off") return none;
    try {
      const { device, peer } = await this.#at(id, signal);
      const points = bindings.map((binding) => this.#parts.devices.addressed(binding));
      const subscription = await this.#parts.cov.subscribe(device, peer, points, push, signal);
      this.#parts.life.begin(device, peer);
      return subscription;
    } catch (error) {
      // A device that is away takes no subscription: it is polled until it is back.
      if (error instanceof GatewayError && error.code === "timeout") return none;
      throw error;
    }
  }

  async #target(binding: Binding, signal: AbortSignal): Promise<Target> {
    const { device, peer } = await this.#at(binding.device, signal);
    return { ...this.#parts.devices.addressed(binding), device, peer };
  }

  async #at(id: DeviceId, signal: AbortSignal): Promise<{ device: ConfiguredDevice; peer: Peer }> {
    this.#open(signal);
    const device = this.#parts.devices.get(id);
    return { device, peer: await findPeer(device, this.#parts.directory, this.#link.findMs, signal) };
  }

  #open(signal: AbortSignal): void {
    if (this.#parts.closing.signal.aborted) throw new GatewayError("closed", "the link is closed");
    if (signal.aborted) throw new GatewayError("closed", "given up before it was asked");
  }
}
