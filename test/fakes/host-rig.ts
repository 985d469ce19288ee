import type { FactOf, Fact } from "#msgs/fact.ts";
import type { AdapterConfig } from "#src/contract/adapter.ts";
import { Host } from "#src/intake/host.ts";
import { KeyBook } from "#db/journal/key-book.ts";
import { silentLog } from "#src/kit/log.ts";
import { seededRandom } from "#src/kit/random.ts";
import { LiveDriver } from "#src/timeline/live-driver.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { Machine } from "./machine.ts";
import type { FarSide } from "./scripted-adapter.ts";
import { scriptedModule } from "./scripted-adapter.ts";

const second = 1_000_000;

/** The plant as an adapter's configuration implies it; keys that were given once stay. */
export function siteOf(config: AdapterConfig, known: ReadonlyMap<string, number> = new Map(), revision = "1") {
  const bindings = config.devices.flatMap((device) => device.bindings);
  const points = bindings.map(({ point, device, address, kind, pollMs }) => ({
    id: point,
    device,
    area: "area",
    kind,
    binding: { adapter: config.id, address, pollMs },
  }));
  return {
    kind: "config" as const,
    revision,
    timeZone: "UTC",
    areas: [],
    devices: config.devices.map(({ id }) => ({ id, adapter: config.id, protocol: "scripted" })),
    points: new KeyBook(known).keyed(points),
    valves: [],
    rules: [],
  };
}

/** A host on a made-up machine in front of one scripted far side; a journal that holds everything at once, or when it is told to. */
export function hostOn(far: FarSide, config: AdapterConfig, options: { holds?: "later" } = {}) {
  for (const { bindings } of config.devices) for (const { address } of bindings) far.values.set(address, 1);
  const machine = new Machine(1_790_000_000 * second);
  const time = new SlewedTime(machine, 0);
  const taps = standardTaps();
  const opened = open({ id: "live", kind: "live", from: time.now(), taps: taps.factories });
  const facts: Fact[] = [];
  opened.timeline.bus.follow((fact) => facts.push(fact));
  const backlog = { samples: 0 };
  const driver = new LiveDriver({
    opened,
    time,
    timers: machine.timers,
    afterArrivals: machine.afterArrivals,
    backlog: () => backlog.samples,
    backlogAtMost: 1e9,
  });
  driver.start();
  driver.publish(siteOf(config));
  const waiting: (() => void)[] = [];
  const sink = {
    publish: driver.publish.bind(driver),
    offer: driver.offer.bind(driver),
    whenDurable: (_: number, run: () => void) => (options.holds ? void waiting.push(run) : run()),
  };
  const host = new Host({
    plant: taps.plant,
    resume: taps.resume,
    sink,
    time,
    timers: machine.timers,
    random: seededRandom(1),
    log: silentLog,
  });
  const spec = { id: config.id, module: scriptedModule(far), config };
  const links = (device?: string) =>
    facts
      .filter((fact): fact is FactOf<"link"> => fact.kind === "link" && fact.device === device)
      .map(({ state, reason }) => (reason ? `${state}: ${reason}` : state));
  /** What was put on record of one point, as people would read it back. */
  const stored = (point: string, origin: string) => {
    const key = taps.plant.points.get(point)?.key;
    return facts.flatMap((fact) =>
      fact.kind === "samples" && fact.samples.origin === origin
        ? [...fact.samples.values].filter((value, i) => fact.samples.keys[i] === key && !Number.isNaN(value))
        : [],
    );
  };
  const stop = async (): Promise<void> => {
    const stopping = host.stop();
    await machine.runAsync(10_000);
    await stopping;
    driver.stop();
  };
  return {
    machine,
    host,
    spec,
    facts,
    links,
    stored,
    taps,
    latest: taps.latest,
    time,
    driver,
    backlog,
    /** Lets the journal hold everything it was given. */
    hold: () => waiting.splice(0).forEach((run) => run()),
    stop,
    derived: opened.timeline.bus.onDerived,
  };
}
