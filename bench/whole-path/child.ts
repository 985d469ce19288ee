// The other processes of the bench: the devices, and what the gateway is without storage. Each says what it has to say over its channel.
import { LimitsTap } from "#src/alarms/limits.ts";
import { plainUnit } from "#demo/modbus/unit.ts";
import { startModbusServer } from "#demo/modbus/server.ts";
import type { Site } from "#src/config/index.ts";
import { Host } from "#src/intake/host.ts";
import { silentLog } from "#src/kit/log.ts";
import { seededRandom } from "#src/kit/random.ts";
import { readSite } from "#src/site-reader.ts";
import { LiveDriver } from "#src/timeline/live-driver.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { groupsEach, links, pointsEach } from "./site.ts";

const tell = (message: object): void => void process.send?.(message);
const [, , role = "", siteFile = ""] = process.argv;
if (role === "devices") await devices();
else if (role === "without") await withoutStorage(await siteIn(siteFile));

async function devices(): Promise<void> {
  const found: number[] = [];
  for (let link = 0; link < links; link++) {
    const units = new Map(Array.from({ length: groupsEach }, (_, unit) => [unit + 1, plainUnit({ holdings: pointsEach })] as const));
    found.push((await startModbusServer({ port: 0, units })).port);
    // Every register is another each second, so that nothing is spared because it did not change.
    let round = 0;
    setInterval(() => {
      round++;
      for (const { bank } of units.values())
        for (let n = 1; n < pointsEach; n++) bank.holdings.writeUInt16BE((round * 7 + n) & 0xffff, 2 * n);
    }, 1_000);
  }
  tell({ type: "ready", ports: found });
}

/** Read as the gateway reads it: what the reading takes of memory is nobody's afterwards. */
async function siteIn(path: string): Promise<Site> {
  const read = await readSite(path);
  if ("problems" in read) throw new Error(read.problems.join("; "));
  return read.site;
}

/** Adapter, host, timeline, latest values, staleness, limits: everything that is done with a value before it is stored. */
async function withoutStorage(site: Site): Promise<void> {
  const time = new SlewedTime(machineClocks, 0);
  const taps = standardTaps();
  const limits = new LimitsTap(taps.plant);
  const opened = open({ id: "live", kind: "live", from: time.now(), taps: [...taps.factories, limits.factory] });
  const driver = new LiveDriver({
    opened,
    time,
    timers: machineTimers,
    afterArrivals: (run) => setImmediate(run),
    backlog: () => 0,
    backlogAtMost: 1,
  });
  driver.start();
  const { revision, timeZone, areas, devices: described, valves, rules } = site;
  const points = site.points.map((point, key) => ({ ...point, key }));
  driver.publish({ kind: "config", revision, timeZone, areas, devices: described, points, valves, rules });
  let heard = 0;
  opened.timeline.bus.follow((fact) => {
    if (fact.kind === "samples") heard += fact.samples.keys.length;
  });
  const sink = {
    publish: driver.publish.bind(driver),
    offer: driver.offer.bind(driver),
    whenDurable: (_seq: number, run: () => void) => run(),
  };
  const host = new Host({
    plant: taps.plant,
    resume: taps.resume,
    sink,
    time,
    timers: machineTimers,
    random: seededRandom(1),
    log: silentLog,
  });
  await host.apply(site.adapters);
  // As the gateway does some time after it has come up, when what the start left lying about is held by nobody.
  setTimeout(() => globalThis.gc?.(), 2_000);
  measure(() => heard);
  tell({ type: "ready" });
}

/** Answers "mark" with what was used so far, all threads of this process together. */
function measure(heard: () => number): void {
  process.on("message", (message) => {
    if (message !== "mark") return;
    const { user, system } = process.cpuUsage();
    tell({ type: "mark", cpuUs: user + system, atMs: performance.now(), rss: process.memoryUsage.rss(), heard: heard() });
  });
}
