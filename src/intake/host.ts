import type { Actuator, DeviceSide } from "#src/contract/control.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { LinkStatus, Links, Plant } from "#src/contract/gateway.ts";
import type { DeviceId, PointId, Value } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import type { Random } from "#src/kit/random.ts";
import type { Resume } from "#src/timeline/resume.ts";
import type { LinkParts, LinkSpec } from "./link.ts";
import type { LiveSink } from "./live-sink.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { Link } from "./link.ts";
import { Outlet } from "./outlet.ts";
import { isSame } from "./reshape.ts";

export interface HostParts {
  readonly plant: Plant;
  /** How far the record holds what devices recorded themselves. */
  readonly resume: Resume;
  readonly sink: LiveSink;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

/** Everything the gateway keeps open to the outside, once for all protocols. */
export class Host implements Links, DeviceSide {
  readonly #links = new Map<string, Link>();
  readonly #parts: LinkParts;
  #applying = Promise.resolve();
  #isStopped = false;

  constructor(parts: HostParts) {
    this.#parts = { ...parts, outlet: new Outlet(parts.plant, parts.time, parts.sink) };
  }

  /**
   * Starts what is new, stops what is gone, and changes what changed: devices behind a link that stays, where its adapter can,
   * or the whole link. Nothing else is touched. One change after the other.
   */
  apply(specs: readonly LinkSpec[]): Promise<void> {
    this.#applying = this.#applying.catch(() => {}).then(() => this.#apply(specs));
    return this.#applying;
  }

  async #apply(specs: readonly LinkSpec[]): Promise<void> {
    const wanted = new Map(specs.map((spec) => [spec.id, spec]));
    const links = [...this.#links.values()];
    const stays = await Promise.all(links.map((link) => canStay(link, wanted.get(link.spec.id))));
    const leaving = links.filter((_, index) => !stays[index]);
    await Promise.all(leaving.map((link) => link.stop()));
    for (const link of leaving) this.#links.delete(link.spec.id);
    for (const spec of specs) if (!this.#isStopped && !this.#links.has(spec.id)) this.#open(spec);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
    this.#links.clear();
  }

  status(): readonly LinkStatus[] {
    return [...this.#links.values()].flatMap((link) => link.status());
  }

  attempted(): boolean {
    return [...this.#links.values()].every((link) => link.attempted);
  }

  actuator(device: DeviceId): Actuator | undefined {
    const link = this.#linkOf(device);
    return link?.isUp ? { perform: (act, signal) => link.act(act, signal) } : undefined;
  }

  keepsSlots(point: PointId): boolean {
    return this.#linkOfPoint(point)?.keepsSlots(point) ?? false;
  }

  async slots(point: PointId, signal: AbortSignal): Promise<readonly (Value | null)[]> {
    const link = this.#linkOfPoint(point);
    if (!link) throw new GatewayError("bad-address", `there is no point ${point}`);
    return link.slots(point, signal);
  }

  async ask(points: readonly PointId[], signal: AbortSignal): Promise<void> {
    const byDevice = new Map<DeviceId, Set<PointId>>();
    for (const id of points) {
      const point = this.#parts.plant.points.get(id);
      if (!point) throw new GatewayError("bad-address", `there is no point ${id}`);
      const wanted = byDevice.get(point.device);
      if (wanted) wanted.add(id);
      else byDevice.set(point.device, new Set([id]));
    }
    await Promise.all([...byDevice].map(([device, wanted]) => this.#askDevice(device, wanted, signal)));
  }

  async #askDevice(device: DeviceId, points: ReadonlySet<PointId>, signal: AbortSignal): Promise<void> {
    const link = this.#linkOf(device);
    if (!link) throw new GatewayError("link-lost", `no adapter serves ${device}`);
    await link.ask(device, points, signal);
  }

  #open(spec: LinkSpec): void {
    const link = new Link(spec, { ...this.#parts, log: this.#parts.log.area(spec.id) });
    this.#links.set(spec.id, link);
    link.start();
  }

  #linkOfPoint(point: PointId): Link | undefined {
    const known = this.#parts.plant.points.get(point);
    return known && this.#linkOf(known.device);
  }

  #linkOf(device: DeviceId): Link | undefined {
    for (const link of this.#links.values()) if (link.devices.has(device)) return link;
    return undefined;
  }
}

async function canStay(link: Link, wanted: LinkSpec | undefined): Promise<boolean> {
  if (!wanted) return false;
  const { module, config } = link.spec;
  return (module === wanted.module && isSame(config, wanted.config)) || link.reshape(wanted);
}
