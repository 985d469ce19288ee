import { randomUUID } from "node:crypto";
import type {
  AdapterConfig,
  AdapterEnv,
  Binding,
  Connection,
  DeviceAct,
  DeviceEvent,
  Found,
  Push,
  Reading,
  Receipt,
  Subscription,
} from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { assert, GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import { parseAddress } from "./address.ts";
import { askTopics } from "./asking.ts";
import { browse } from "./browse.ts";
import { Callers, untilAborted } from "./callers.ts";
import type { Link, Robot } from "./config.ts";
import { byId, devicesOf, sameDevice, type Device } from "./device.ts";
import { Feeds } from "./feeds.ts";
import { Hearing } from "./hearing.ts";
import { listing } from "./listing.ts";
import { Methods } from "./methods.ts";
import { readParameters, writeParameter, type ParameterPlace } from "./parameters.ts";
import { Publications } from "./publications.ts";
import type { Place } from "./readings.ts";
import { typesFor } from "./type-room.ts";
import type { TypeRegistry } from "./types/index.ts";
import type { Transport } from "./transport/transport.ts";

/** The adapter contract over one ROS 2 domain. */
export class Ros2Connection implements Connection {
  readonly lost: Promise<Error>;
  private readonly transport: Transport;
  private devices: ReadonlyMap<string, Device>;
  private readonly types: TypeRegistry;
  private readonly link: Link;
  private readonly env: AdapterEnv;
  private readonly feeds: Feeds;
  private readonly callers: Callers;
  private readonly publications: Publications;
  private readonly methods = new Map<string, Methods>();
  private readonly eventListeners = new Set<(event: DeviceEvent) => void>();
  /** Aborted when the link is closed, so that whatever is under way ends. */
  private readonly closing = new AbortController();
  private settleLost!: (error: Error) => void;
  private closed: Promise<void> | undefined;

  constructor(transport: Transport, devices: readonly Device[], types: TypeRegistry, link: Link, env: AdapterEnv) {
    this.transport = transport;
    this.devices = byId(devices);
    this.types = types;
    this.link = link;
    this.env = env;
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    void transport.lost.then((error) => this.settleLost(new GatewayError("link-lost", error.message, { cause: error })));
    this.feeds = new Feeds(transport, env.time, link.maxRateHz);
    this.callers = new Callers(transport, env.timers, link.timeoutMs);
    this.publications = new Publications(transport, env.timers, link.timeoutMs);
    for (const { robot, bindings } of devices) this.prepare(robot, bindings);
  }

  /** The participant stays, and with it everything that was discovered; only what belongs to a device that changed is made anew. */
  reconfigure(config: AdapterConfig): boolean {
    // A type that was added or changed meanwhile is known to a new connection only.
    if (this.closed !== undefined || !this.types.equals(typesFor(this.link.types))) return false;
    const before = this.devices;
    this.devices = byId(devicesOf(config));
    const changed = [...this.devices.values()].filter(({ robot, bindings }) => !sameDevice(before.get(robot.id), { robot, bindings }));
    for (const id of before.keys()) {
      if (this.devices.has(id) && !changed.some(({ robot }) => robot.id === id)) continue;
      this.methods.get(id)?.close();
      this.methods.delete(id);
    }
    const places = [...this.devices.values()].flatMap(({ robot, bindings }) => this.sort(robot, bindings).topics);
    this.publications.keepOnly(places.filter(({ binding }) => binding.writable).map(({ address }) => address));
    this.feeds.keepOnly(new Set(places.map(({ address }) => address.topic)));
    for (const { robot, bindings } of changed) this.prepare(robot, bindings);
    return true;
  }

  async read(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Reading[]> {
    const [first] = bindings;
    if (!first) return [];
    this.requireOpen(signal, `asking ${first.device}`);
    const either = AbortSignal.any([signal, this.closing.signal]);
    const { robot } = this.device(first.device);
    const { topics, parameters } = this.sort(robot, bindings);
    const answers = new Map<Binding, Reading>();
    const asked = [
      askTopics(robot, topics, this.feeds, this.env.timers, this.link.timeoutMs, either).then((found) => {
        for (const [{ binding }, reading] of found) answers.set(binding, reading);
      }),
      ...[...Map.groupBy(parameters, ({ node }) => node).values()].map(async (group) => {
        const readings = await readParameters(this.callers, group, either);
        group.forEach(({ binding }, i) => answers.set(binding, readings[i]!));
      }),
    ];
    try {
      await Promise.all(asked);
    } catch (error) {
      throw this.asClosed(error);
    }
    return bindings.map((binding) => answers.get(binding)!);
  }

  async subscribe(bindings: readonly Binding[], push: Push, signal: AbortSignal): Promise<Subscription> {
    const [first] = bindings;
    assert(first !== undefined, "a subscription has points");
    this.requireOpen(signal, `listening to ${first.device}`);
    const { robot } = this.device(first.device);
    const { topics, parameters } = this.sort(robot, bindings);
    const refused = parameters.map(({ binding }) => binding);
    return new Hearing(robot, topics, refused, this.feeds, push, (event) => this.tell(event));
  }

  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    const id = act.do === "call" ? act.device : act.binding.device;
    this.requireOpen(signal, `acting on ${id}`);
    const either = AbortSignal.any([signal, this.closing.signal]);
    const { robot } = this.device(id);
    if (act.do === "release") {
      throw new GatewayError("not-supported", "ROS 2 has no priority slots to release; the host writes the value that holds instead");
    }
    try {
      if (act.do === "call") return await this.methods.get(id)!.call(act.method, act.args, either);
      const { topics, parameters } = this.sort(robot, [act.binding]);
      if (parameters[0]) return await writeParameter(this.callers, parameters[0], act.value, either);
      return await untilAborted(this.publications.set(topics[0]!.address, act.value, act.ttlMs), either, `writing ${act.binding.address}`);
    } catch (error) {
      throw this.asClosed(error);
    }
  }

  browse(signal: AbortSignal): AsyncIterable<Found> {
    const robots = [...this.devices.values()].map(({ robot }) => robot);
    return browse(this.transport, this.types, robots, this.env.timers, AbortSignal.any([signal, this.closing.signal]));
  }

  events(push: (event: DeviceEvent) => void): Cancel {
    this.eventListeners.add(push);
    return () => this.eventListeners.delete(push);
  }

  health(): Readonly<Record<string, unknown>> {
    const robots = [...this.devices.values()].map(({ robot }) => robot);
    return { ...this.transport.health(), ...listing(this.transport, robots, this.feeds.counters) };
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    this.closing.abort();
    for (const methods of this.methods.values()) methods.close();
    this.publications.close();
    this.callers.close();
    this.feeds.close();
    this.eventListeners.clear();
    await this.transport.close();
    this.settleLost(new GatewayError("closed", "this link was closed"));
  }

  /** Writers and clients are made ahead, so that the robot has found them when the first command comes. */
  private prepare(robot: Robot, bindings: readonly Binding[]): void {
    const { transport, feeds, callers, env } = this;
    this.methods.set(
      robot.id,
      new Methods(robot, { transport, feeds, callers, env, timeoutMs: this.link.timeoutMs, tell: (event) => this.tell(event) }),
    );
    const { topics } = this.sort(robot, bindings);
    for (const { binding, address } of topics) if (binding.writable) this.publications.prepare(address);
  }

  private sort(robot: Robot, bindings: readonly Binding[]): { topics: Place[]; parameters: ParameterPlace[] } {
    const topics: Place[] = [];
    const parameters: ParameterPlace[] = [];
    for (const binding of bindings) {
      const parsed = parseAddress(binding.address, robot.root);
      assert("address" in parsed, `${binding.address} has passed the check`);
      const { address } = parsed;
      if (address.kind === "topic") topics.push({ binding, address });
      else parameters.push({ binding, address, node: address.node ?? robot.node! });
    }
    return { topics, parameters };
  }

  private tell(event: Omit<DeviceEvent, "id">): void {
    for (const listener of [...this.eventListeners]) listener({ id: randomUUID(), sourceTime: this.env.time.now(), ...event });
  }

  private requireOpen(signal: AbortSignal, what: string): void {
    if (this.closed) throw new GatewayError("closed", "this link was closed");
    if (signal.aborted) throw givenUp(signal, what);
  }

  /** What was under way when the link was closed ended because of that. */
  private asClosed(error: unknown): unknown {
    if (!this.closing.signal.aborted || !(error instanceof GatewayError)) return error;
    return new GatewayError("closed", "this link was closed", { cause: error, sent: error.sent });
  }

  private device(id: string): Device {
    const device = this.devices.get(id);
    assert(device !== undefined, `${id} is one of this link's devices`);
    return device;
  }
}
