import { isDeepStrictEqual } from "node:util";
import type { Device, DeviceId, Point, PointId, PointKey } from "#msgs/point.ts";
import type { AdapterConfig, AdapterModule, Binding } from "#src/contract/adapter.ts";
import { assert } from "#src/kit/errors.ts";
import { bindingOf } from "./points-section.ts";
import { Pool } from "./pool.ts";
import type { Site, SiteAdapter, SiteExpose } from "./site.ts";

type SiteDevice = AdapterConfig["devices"][number];

/**
 * A site on its way from the thread that read it: plain data, without the code of the protocols and without the points, which come
 * after it in pieces. What an adapter knows of its points follows from them.
 */
export interface Outline {
  readonly rest: Omit<Site, "points" | "adapters" | "expose">;
  readonly adapters: readonly {
    readonly about: Omit<SiteAdapter, "module" | "config">;
    readonly link: unknown;
    readonly devices: readonly Pick<SiteDevice, "id" | "options">[];
  }[];
  readonly expose: readonly Omit<SiteExpose, "module">[];
}

export function outlineOf({ points: _points, adapters, expose, ...rest }: Site): Outline {
  return {
    rest,
    adapters: adapters.map(({ module: _module, config, ...about }) => ({
      about,
      link: config.link,
      devices: config.devices.map(({ id, options }) => ({ id, options })),
    })),
    expose: expose.map(({ module: _module, ...server }) => server),
  };
}

/**
 * Puts a site together from its outline and its points. Held against the site that runs, what did not change is the very object
 * that runs: it is in memory once, and whoever compares the two afterwards sees at a glance where nothing happened.
 */
export class Assembly {
  readonly #outline: Outline;
  readonly #running: Site | undefined;
  readonly #was: ReadonlyMap<PointId, Point>;
  readonly #points: Point[] = [];
  readonly #pool = new Pool();
  readonly #byDevice = new Map<DeviceId, Point[]>();

  constructor(outline: Outline, running?: Site) {
    this.#outline = outline;
    this.#running = running;
    this.#was = new Map(running?.points.map((point) => [point.id, point]));
  }

  /** The points are this assembly's from now on: nobody else may hold them. */
  take(points: readonly Point[]): void {
    for (const point of points) {
      this.#pool.share(point, ["binding"]);
      const was = this.#was.get(point.id);
      const kept = was && isDeepStrictEqual(asWritten(was), point) ? was : point;
      this.#points.push(kept);
      const beside = this.#byDevice.get(kept.device);
      if (beside) beside.push(kept);
      else this.#byDevice.set(kept.device, [kept]);
    }
  }

  site(modules: readonly AdapterModule[]): Site {
    const moduleOf = (protocol: string): AdapterModule => {
      const module = modules.find((one) => one.protocol === protocol);
      assert(module, `the thread that reads site files knows the same protocols, ${protocol} among them`);
      return module;
    };
    const { rest, adapters, expose } = this.#outline;
    const running = new Map(this.#running?.adapters.map((adapter) => [adapter.id, adapter]));
    return {
      ...rest,
      devices: kept(this.#running?.devices, rest.devices),
      points: this.#points,
      adapters: adapters.map(({ about, link, devices }): SiteAdapter => {
        const was = running.get(about.id)?.config;
        const config = this.#config({ id: about.id, link, devices: [] }, devices, was);
        return { ...about, module: moduleOf(about.protocol), config };
      }),
      expose: expose.map((server) => {
        const module = moduleOf(server.protocol).server;
        assert(module, `${server.protocol} has a server side there and here`);
        return { ...server, module };
      }),
    };
  }

  #config(bare: AdapterConfig, devices: readonly Pick<SiteDevice, "id" | "options">[], was: AdapterConfig | undefined): AdapterConfig {
    const before = new Map(was?.devices.map((device) => [device.id, device]));
    const now = devices.map((device) => this.#device(device, before.get(device.id)));
    const isSame =
      was?.devices.length === now.length && now.every((device, i) => device === was.devices[i]) && isDeepStrictEqual(was.link, bare.link);
    return isSame ? was : { ...bare, devices: now };
  }

  #device({ id, options }: Pick<SiteDevice, "id" | "options">, was: SiteDevice | undefined): SiteDevice {
    const bindings = (this.#byDevice.get(id) ?? []).map((point, i) => {
      const binding = bindingOf(point);
      const old = was?.bindings[i];
      return old && isSameBinding(old, binding) ? old : binding;
    });
    const isSame =
      was?.bindings.length === bindings.length &&
      bindings.every((binding, i) => binding === was.bindings[i]) &&
      isDeepStrictEqual(was.options, options);
    return isSame ? was : { id, options, bindings };
  }
}

function kept(before: readonly Device[] | undefined, after: readonly Device[]): readonly Device[] {
  return before && isDeepStrictEqual(before, after) ? before : after;
}

function isSameBinding(a: Binding, b: Binding): boolean {
  return (Object.keys(b) as (keyof Binding)[]).every((part) => a[part] === b[part]);
}

/** A point that runs has its key, which no file speaks of. */
export function asWritten(point: Point & { readonly key?: PointKey }): Point {
  const { key: _key, ...written } = point;
  return written;
}
