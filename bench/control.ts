import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Control } from "#src/control/open-control.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { BenchRow } from "./row.ts";
import type { DeviceSide, Principal } from "#src/contract/control.ts";
import type { Point, PointId } from "#msgs/point.ts";
import { isEnd } from "#msgs/command.ts";
import { samplesOf } from "#msgs/sample.ts";
import { silentLog } from "#src/kit/log.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";

const commands = 30_000;
const inFlight = 1_000;
const points: readonly Point[] = Array.from({ length: 500 }, (_, index) => ({
  id: `p-${index}`,
  device: `plc-${index % 10}`,
  area: "a",
  kind: "number",
  binding: { adapter: "m", address: `${index}` },
  control: {
    mode: "slots",
    default: "leave",
    onReturn: "leave",
    significance: "routine",
    evidence: { tolerance: 0, withinMs: 5_000, holdMs: 0 },
    interlocks: [],
  },
}));

const by: Principal = { name: "bench", kind: "program", role: "operator" };

/** The desk alone, on disk and with its audit chain: commands a second, and how long `recorded` takes beside a bare fdatasync. */
export async function rows(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-control-"));
  try {
    const { control, opened } = await desk(folder);
    const load = await underLoad(control, opened);
    const alone = await oneByOne(control, opened);
    const bare = bareSync(folder);
    await control.close();
    return [
      {
        what: `audited commands, recorded to confirmed, ${inFlight} in flight, p50 and p99 to recorded`,
        ours: `${Math.round(load.perSecond)} commands/s, ${load.p50.toFixed(1)} and ${load.p99.toFixed(1)} ms`,
        peer: "no peer: the bar alone",
        ratio: load.perSecond / 5_000,
        bar: "5,000 audited commands/s",
      },
      {
        what: "submit to recorded, one at a time, p50",
        ours: `${alone.toFixed(3)} ms`,
        peer: `${bare.toFixed(3)} ms, a bare write and fdatasync`,
        ratio: alone / bare,
        bar: "3 x a bare fdatasync",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function desk(folder: string): Promise<{ control: Control; opened: Opened }> {
  const time = new SlewedTime(machineClocks, 0);
  const taps = standardTaps();
  const { plant, latest } = taps;
  const prepared = await prepareControl({ folder, plant, latest, time, timers: machineTimers, log: silentLog });
  const opened = open({ id: "live", kind: "live", from: time.now(), taps: [...taps.factories, prepared.tap] });
  const into = {
    publish: (fact: Parameters<typeof opened.into.publish>[0]) => opened.into.publish(fact, time.now()),
    ready: () => Promise.resolve(),
  };
  const devices = Array.from({ length: 10 }, (_, index) => ({ id: `plc-${index}`, adapter: "m", protocol: "modbus", area: "a" }));
  into.publish({
    kind: "config",
    revision: "1",
    timeZone: "UTC",
    areas: [],
    devices,
    points: points.map((point, key) => ({ ...point, key })),
    valves: [],
    rules: [],
  });

  const values = new Map<PointId, number>();
  const far: DeviceSide = {
    actuator: () => ({
      perform: (act) => {
        if (act.do === "set") values.set(act.binding.point, Number(act.value));
        return Promise.resolve({ assurance: "device" });
      },
    }),
    ask: (asked) => {
      const rows = asked.map((id) => ({
        key: plant.points.get(id)!.key,
        value: values.get(id) ?? null,
        quality: 0,
        sourceTime: time.now(),
      }));
      into.publish({ kind: "samples", samples: samplesOf(rows, { origin: "asked", stream: "m", askedAt: time.now() }) });
      return Promise.resolve();
    },
  };
  const control = await prepared.start({ into, devices: far });
  return { control, opened };
}

async function underLoad(control: Control, opened: Opened): Promise<{ perSecond: number; p50: number; p99: number }> {
  const askedAt = new Map<string, number>();
  const recordedAfter: number[] = [];
  let submitted = 0;
  let ended = 0;

  function fill(): void {
    while (submitted < commands && submitted - ended < inFlight) {
      const n = submitted++;
      askedAt.set(`b-${n}`, performance.now());
      const point = `p-${n % points.length}`;
      const verdict = control.desk.submit(
        { id: `b-${n}`, act: { do: "set", point, value: n % 97 }, priority: 16, asked: "point.write" },
        by,
      );
      if (verdict.status === "rejected") throw new Error(verdict.message);
    }
  }

  const began = performance.now();
  await new Promise<void>((done) => {
    const stop = opened.timeline.bus.follow((fact) => {
      if (fact.kind !== "command") return;
      const { command, state } = fact.step;
      if (state === "recorded") recordedAfter.push(performance.now() - askedAt.get(command.id)!);
      if (!isEnd(state)) return;
      if (state !== "confirmed") throw new Error(`${command.id} ended ${state}`);
      if (++ended === commands) {
        stop();
        done();
      } else if (ended % 50 === 0) setImmediate(fill);
    });
    fill();
  });
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: commands / seconds, p50: quantile(recordedAfter, 0.5), p99: quantile(recordedAfter, 0.99) };
}

async function oneByOne(control: Control, opened: Opened): Promise<number> {
  const alone: number[] = [];
  for (let n = 0; n < 500; n++) {
    const start = performance.now();
    await new Promise<void>((done) => {
      const stop = opened.timeline.bus.follow((fact) => {
        if (fact.kind !== "command" || fact.step.command.id !== `a-${n}`) return;
        stop();
        done();
      });
      control.desk.submit({ id: `a-${n}`, act: { do: "set", point: "p-0", value: n }, priority: 16, asked: "point.write" }, by);
    });
    alone.push(performance.now() - start);
    await control.ended(`a-${n}`);
  }
  return quantile(alone, 0.5);
}

/** The same disk in the same run. */
function bareSync(folder: string): number {
  const bare: number[] = [];
  const file = openSync(join(folder, "bare"), "w");
  for (let n = 0; n < 500; n++) {
    const start = performance.now();
    writeSync(file, Buffer.alloc(1_000));
    fdatasyncSync(file);
    bare.push(performance.now() - start);
  }
  return quantile(bare, 0.5);
}

function quantile(list: readonly number[], share: number): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length * share)]!;
}
