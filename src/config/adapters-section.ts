import type { Device, Point } from "#msgs/point.ts";
import type { AdapterConfig, AdapterModule, Binding, Problem } from "#src/contract/adapter.ts";
import { nearest } from "./nearest.ts";
import { Pool } from "./pool.ts";
import { bindingOf, pointOf } from "./points-section.ts";
import type { Path } from "./problem.ts";
import { isGroup } from "./reading.ts";
import type { Group, Placed, Reading } from "./reading.ts";
import { AdapterOwn, DeviceOwn, PointEntrySchema } from "./schema.ts";
import { salvage } from "./shape.ts";
import type { SiteAdapter } from "./site.ts";

export interface AdaptersPart {
  readonly adapters: readonly SiteAdapter[];
  readonly devices: readonly Device[];
  readonly points: readonly Placed<Point>[];
  readonly devicePlaces: readonly Placed<Device>[];
  /** Ids that were meant, also where the rest of the entry is wrong: so that one mistake does not make others. */
  readonly meant: ReadonlySet<string>;
}

type DeviceConfig = AdapterConfig["devices"][number];

/** Adapters with their devices and points: each part checked by whoever knows it, ours here, the protocol's by its module. */
export function readAdapters(reading: Reading, modules: readonly AdapterModule[]): AdaptersPart {
  const reader = new AdaptersReader(reading, modules);
  for (const { value, path } of reading.list(reading.root["adapters"], ["adapters"])) reader.adapter(value, path);
  reading.unique(reader.adapterPlaces, "an adapter");
  reading.unique(reader.devicePlaces, "a device");
  reading.unique(reader.points, "a point");
  const { adapters, devicePlaces, points, meant } = reader;
  return { adapters, devices: devicePlaces.map(({ value }) => value), points, devicePlaces, meant };
}

class AdaptersReader {
  readonly adapters: SiteAdapter[] = [];
  readonly adapterPlaces: Placed<{ id: string }>[] = [];
  readonly devicePlaces: Placed<Device>[] = [];
  readonly points: Placed<Point>[] = [];
  readonly meant = new Set<string>();
  readonly #pool = new Pool();
  readonly #reading: Reading;
  readonly #modules: readonly AdapterModule[];

  constructor(reading: Reading, modules: readonly AdapterModule[]) {
    this.#reading = reading;
    this.#modules = modules;
  }

  adapter(written: unknown, path: Path): void {
    if (!isGroup(written)) return this.#reading.problem(path, "must be a group that begins with id: and protocol:");
    const module = this.#module(written["protocol"], path);
    const split = this.#reading.split(written, [...Object.keys(AdapterOwn.properties), "devices"], module?.link, path);
    const { devices: writtenDevices, ...ownPart } = split.own;
    const own = this.#reading.shaped(AdapterOwn, this.#sameMarks(ownPart, split.own), path);
    const link = module ? this.#reading.shaped(module.link, split.rest, path) : undefined;
    const id = typeof written["id"] === "string" ? written["id"] : "";
    const about = { adapter: id, protocol: module?.protocol ?? "", poll: own?.poll };
    const devices = this.#reading
      .list(writtenDevices, [...path, "devices"])
      .flatMap((device) => this.#device(device.value, module, about, device.path) ?? []);
    if (own) this.adapterPlaces.push({ value: { id: own.id }, path });
    if (!module) return;
    const configs = devices.map((device) => device.config);
    if (!own || link === undefined)
      return this.#checkDevices(module, { id, link: salvage(module.link, split.rest), devices: configs }, path, devices);
    const config: AdapterConfig = { id: own.id, link, devices: configs };
    for (const problem of module.check(config)) this.#fromModule(problem, path, devices);
    this.adapters.push({ id: own.id, protocol: module.protocol, module, config, ...(own.title !== undefined && { title: own.title }) });
  }

  /** The link is wrong; what is wrong behind it shall be said all the same. */
  #checkDevices(module: AdapterModule, config: AdapterConfig, path: Path, devices: readonly PlacedDevice[]): void {
    if (config.link === undefined) return;
    for (const problem of module.check(config)) if (problem.path[2] === "bindings") this.#fromModule(problem, path, devices);
  }

  #module(protocol: unknown, path: Path): AdapterModule | undefined {
    if (typeof protocol !== "string") return undefined;
    const found = this.#modules.find((module) => module.protocol === protocol);
    if (found) return found;
    const known = this.#modules.map((module) => module.protocol);
    const meant = nearest(protocol, known);
    const hint = meant === undefined ? `there are ${known.join(", ") || "none"}` : `did you mean "${meant}"?`;
    this.#reading.problem([...path, "protocol"], `there is no adapter for "${protocol}"; ${hint}`);
    return undefined;
  }

  #device(written: unknown, module: AdapterModule | undefined, about: About, path: Path): PlacedDevice | undefined {
    if (!isGroup(written)) {
      this.#reading.problem(path, "must be a group that begins with id:");
      return undefined;
    }
    const split = this.#reading.split(written, Object.keys(DeviceOwn.properties), module?.device, path);
    const { points: writtenPoints, ...ownPart } = split.own;
    const own = this.#reading.shaped(DeviceOwn, this.#sameMarks(ownPart, split.own), path);
    const options = module ? this.#reading.shaped(module.device, split.rest, path) : undefined;
    const id = own?.id ?? (typeof written["id"] === "string" ? written["id"] : "");
    const device: Device = {
      id,
      adapter: about.adapter,
      protocol: about.protocol,
      ...(own?.title !== undefined && { title: own.title }),
      ...(own?.area !== undefined && { area: own.area }),
      ...(module?.adminMethods && { adminMethods: module.adminMethods }),
    };
    if (own) this.devicePlaces.push({ value: device, path });
    const points = this.#points(writtenPoints, device, own?.poll ?? about.poll, [...path, "points"]);
    if (!own || options === undefined) return undefined;
    const config: DeviceConfig = { id, options, bindings: points.map((point) => point.binding) };
    return { config, path, pointPaths: points.map((point) => point.path) };
  }

  #points(written: unknown, device: Device, poll: string | undefined, path: Path): { binding: Binding; path: Path }[] {
    return this.#reading.list(written, path).flatMap(({ value, path: at }) => {
      if (isGroup(value) && typeof value["id"] === "string") this.meant.add(wholeId(value["id"], device.id));
      const entry = this.#reading.shaped(PointEntrySchema, value, at);
      if (!entry) return [];
      const complain = (inside: Path, message: string) => this.#reading.problem([...at, ...inside], message);
      const point = pointOf(entry, wholeId(entry.id, device.id), { device, poll, pool: this.#pool, complain });
      this.points.push({ value: point, path: at });
      return [{ binding: bindingOf(point), path: at }];
    });
  }

  /** The module speaks of its own configuration; the site file's lines are looked up here. */
  #fromModule(problem: Problem, path: Path, devices: readonly PlacedDevice[]): void {
    this.#reading.problem(sitePath(problem.path, path, devices), problem.message);
  }

  #sameMarks(copy: Group, original: Group): Group {
    return this.#reading.sameMarks(copy, original);
  }
}

interface About {
  readonly adapter: string;
  readonly protocol: string;
  readonly poll: string | undefined;
}

interface PlacedDevice {
  readonly config: DeviceConfig;
  readonly path: Path;
  readonly pointPaths: readonly Path[];
}

const settingOf: Readonly<Record<string, string>> = { pollMs: "poll", writable: "control", point: "id", device: "id" };

/** A path into the AdapterConfig as a path into the site file. */
function sitePath(path: Path, adapter: Path, devices: readonly PlacedDevice[]): Path {
  const [part, index, inside, at, ...rest] = path;
  if (part === "link") return [...adapter, ...path.slice(1)];
  const device = part === "devices" && typeof index === "number" ? devices[index] : undefined;
  if (!device) return part === "id" ? [...adapter, "id"] : adapter;
  if (inside === "options") return [...device.path, ...path.slice(3)];
  const point = inside === "bindings" && typeof at === "number" ? device.pointPaths[at] : undefined;
  if (!point) return inside === "id" ? [...device.path, "id"] : device.path;
  return [...point, ...rest.map((step) => settingOf[step] ?? step)];
}

/** A point id written with a slash is whole; else its device's id stands in front. */
export function wholeId(id: string, device: string): string {
  return id.includes("/") ? id : `${device}/${id}`;
}
