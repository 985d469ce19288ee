import type { AdapterConfig, AdapterEnv, Binding, Connection, DeviceAct, DeviceEvent, Found, Push, Reading, Receipt, Subscription } from "#src/contract/adapter.ts"; // prettier-ignore
import type { Cancel } from "#src/contract/clock.ts";
import { quality } from "#msgs/quality.ts";
import { assert, GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import { ask, canAsk } from "./asking.ts";
import { browse } from "./browse.ts";
import { tellingOf } from "./command.ts";
import type { Link } from "./config.ts";
import type { Device } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Inbox } from "./inbox.ts";
import type { Session } from "./session.ts";
import { Subscriptions } from "./subscriptions.ts";
import { planFilters } from "./plan.ts";
import { refusalOf } from "./refusals.ts";

export interface ConnectionParts {
  readonly session: Session;
  readonly devices: Devices;
  readonly inbox: Inbox;
  readonly feed: EventFeed;
  readonly link: Link;
  readonly env: AdapterEnv;
}

/** The adapter contract over one session. */
export class MqttConnection implements Connection {
  readonly lost: Promise<Error>;
  private readonly parts: ConnectionParts;
  private readonly subscriptions: Subscriptions;
  private listenerCount = 0;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
    this.lost = parts.session.lost;
    this.subscriptions = new Subscriptions(parts.session, planFilters(parts.devices.plans));
  }

  /** What did not change keeps its numbering, its state and its subscriptions at the broker. */
  reconfigure(config: AdapterConfig): boolean {
    const { devices, inbox } = this.parts;
    const next = devices.next(config);
    if (!next || !this.subscriptions.replan(planFilters(next.plans), next.keptFilters)) return false;
    devices.take(next);
    inbox.serve(devices.all);
    return true;
  }

  /**
   * Only devices with an askTopic can be asked. For all others this rejects, which spoils nothing: a bad reading in its place
   * would be taken for what the device shows.
   */
  async read(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Reading[]> {
    const [first] = bindings;
    if (!first) return [];
    const device = this.device(first.device);
    const { session, env, link } = this.parts;
    if (signal.aborted) throw givenUp(signal, `asking ${device.plan.id}`);
    session.assertOpen();
    if (device.isOnline === false) return device.awayReadings(bindings);
    if (!canAsk(device.plan, bindings))
      throw new GatewayError("not-supported", `${device.plan.id} speaks by itself and cannot be asked for this`);
    const filters = filtersOf(device, bindings);
    try {
      const [refused] = [...(await this.subscriptions.want(filters, "live"))];
      if (refused) throw refusalOf(refused[1], `listening to ${refused[0]}`);
      return await ask(device, bindings, session, env, link.timeoutMs, signal);
    } finally {
      await this.subscriptions.release(filters);
    }
  }

  async subscribe(bindings: readonly Binding[], push: Push, signal: AbortSignal): Promise<Subscription> {
    if (signal.aborted) throw givenUp(signal, "subscribing");
    const byDevice = Map.groupBy(bindings, (binding) => this.device(binding.device));
    const parts = [...byDevice].map(([device, own]) => this.listen(device, own, push));
    const close = async () => {
      await Promise.all(parts.map((part) => part.close()));
    };
    try {
      await Promise.race([Promise.all(parts.map((part) => part.begun)), aborted(signal)]);
    } catch (error) {
      await close();
      throw error;
    }
    return { refused: [], close };
  }

  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    if (act.do === "call") throw new GatewayError("not-supported", `an MQTT device has no method "${act.method}"`);
    if (act.do === "release")
      throw new GatewayError("not-supported", "an MQTT device has no priority slots; the host writes the value that holds instead");
    const { plan } = this.device(act.binding.device);
    const field = plan.fields.get(act.binding.point);
    if (!field) throw new GatewayError("bad-address", `${act.binding.point} is not a point of ${plan.id}`);
    const telling = tellingOf(plan, field, act);
    const reason = await this.parts.session.publish(telling, signal);
    if (telling.qos === 0) return { assurance: "none", detail: "sent with QoS 0: nobody acknowledges it" };
    // MQTT 5 tells a publisher that nobody is there to hear it; older brokers do not know.
    return {
      assurance: "transport",
      detail: reason === 16 ? `the broker has it, and nobody listens to ${telling.topic}` : "the broker has it",
    };
  }

  async *browse(signal: AbortSignal): AsyncGenerator<Found> {
    const { session, inbox, link, env } = this.parts;
    // Two subscriptions that overlap may bring every message twice.
    if (this.listenerCount > 0) throw new GatewayError("busy", "this link is listening to its devices; look around on a link of its own");
    yield* browse(session, inbox, link, env, signal);
  }

  events(push: (event: DeviceEvent) => void): Cancel {
    return this.parts.feed.listen(push);
  }

  health(): Readonly<Record<string, unknown>> {
    const { session, inbox, devices } = this.parts;
    const { open, left } = session.acknowledgements;
    const { all } = devices;
    const sum = (name: keyof Device["counters"]) => all.reduce((total, { counters }) => total + counters[name], 0);
    return {
      ...inbox.counters,
      unreadable: sum("unreadable"),
      lost: sum("lost"),
      repeated: sum("repeated"),
      waiting: inbox.waiting,
      unacknowledged: open,
      leftWithBroker: left,
      subscriptions: this.subscriptions.count,
      sessionPresent: session.isSessionPresent,
      offline: all.filter(({ isOnline }) => isOnline === false).map(({ plan }) => plan.id).slice(0, 100), // prettier-ignore
    };
  }

  close(): Promise<void> {
    return this.parts.session.close();
  }

  private listen(device: Device, bindings: readonly Binding[], push: Push): { begun: Promise<void>; close(): Promise<void> } {
    const listener = { bindings, push };
    const filters = filtersOf(device, bindings);
    device.listeners.add(listener);
    this.listenerCount++;
    this.parts.inbox.release(device);
    const begun = this.subscriptions.want(filters).then((refused) => this.tellRefused(device, bindings, push, filters, refused));
    let closing: Promise<void> | undefined;
    const end = async () => {
      device.listeners.delete(listener);
      this.listenerCount--;
      await this.subscriptions.release(filters);
    };
    return { begun, close: () => (closing ??= end()) };
  }

  /** Points on a topic the broker does not give us are bad with its reason; asking them would not help, so they stay listened to. */
  private tellRefused(
    device: Device,
    bindings: readonly Binding[],
    push: Push,
    filters: readonly string[],
    refused: ReadonlyMap<string, number>,
  ): void {
    const [first] = refused;
    if (!first) return;
    if (refused.size === filters.length) throw refusalOf(first[1], `listening to ${first[0]}`);
    const lost = bindings.filter(({ point }) => refused.has(device.plan.fields.get(point)?.filter ?? ""));
    const reason = `the broker does not let us listen to this topic (reason ${first[1]})`;
    if (lost.length > 0) push(lost.map((binding) => ({ binding, raw: null, quality: quality.badConfig, reason })));
  }

  private device(id: string): Device {
    const device = this.parts.devices.get(id);
    assert(device, `${id} is one of this link's devices`);
    return device;
  }
}

/** Rejects when the signal says so, and never else. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(givenUp(signal, "subscribing", { sent: true })), { once: true });
  });
}

/** What has to be listened to for these points, and whether the device is there. */
function filtersOf({ plan }: Device, bindings: readonly Binding[]): readonly string[] {
  const status = plan.topics.find((topic) => topic.isStatus)?.filter;
  const filters = bindings.map(({ point }) => plan.fields.get(point)?.filter);
  return [...new Set([status, ...filters])].filter((filter) => filter !== undefined);
}
