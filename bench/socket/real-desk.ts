import type { DeviceSide } from "#src/contract/control.ts";
import type { PointId } from "#msgs/point.ts";
import { samplesOf } from "#msgs/sample.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { silentLog } from "#src/kit/log.ts";
import type { Server } from "#src/server/services.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf } from "#test/fakes/facts.ts";
import { serverRig } from "#test/fakes/server-rig.ts";

export interface RealServer {
  readonly server: Server;
  readonly points: readonly PointId[];
  close(): Promise<void>;
}

/** The server with the real desk and its record on the disk behind it, and devices that do at once what they are told. */
export async function realServer(folder: string, count: number): Promise<RealServer> {
  const time = new SlewedTime(machineClocks, 0);
  const taps = standardTaps();
  const { plant, latest } = taps;
  const prepared = await prepareControl({ folder, plant, latest, time, timers: machineTimers, log: silentLog });
  const opened = open({ id: "live", kind: "live", from: time.now(), taps: [...taps.factories, prepared.tap] });
  const into = {
    publish: (fact: Parameters<typeof opened.into.publish>[0]) => opened.into.publish(fact, time.now()),
    ready: () => Promise.resolve(),
  };
  const described = configOf(count, { control: slots });
  into.publish(described);
  const control = await prepared.start({ into, devices: instantDevices(plant, time, into.publish) });
  const rig = serverRig({
    options: { limits: { framesPerSecond: 1e9, frameBurst: 1e9 } },
    services: { timeline: opened.timeline, plant, latest, desk: control.desk, areas: () => described.areas },
  });
  const server = await rig.listen();
  return {
    server,
    points: described.points.map(({ id }) => id),
    async close() {
      await server.close();
      await control.close();
    },
  };
}

const slots = {
  mode: "slots",
  default: "leave",
  onReturn: "leave",
  significance: "routine",
  evidence: { tolerance: 0, withinMs: 5_000, holdMs: 0 },
  interlocks: [],
} as const;

type Parts = Parameters<typeof prepareControl>[0];

function instantDevices(plant: Parts["plant"], time: SlewedTime, publish: (fact: never) => void): DeviceSide {
  const values = new Map<PointId, number>();
  return {
    actuator: () => ({
      perform: (act) => {
        if (act.do === "set") values.set(act.binding.point, Number(act.value));
        return Promise.resolve({ assurance: "device" });
      },
    }),
    ask: (asked) => {
      const now = time.now();
      const rows = asked.map((id) => ({ key: plant.points.get(id)!.key, value: values.get(id) ?? null, quality: 0, sourceTime: now }));
      publish({ kind: "samples", samples: samplesOf(rows, { origin: "asked", stream: "bench", askedAt: now }) } as never);
      return Promise.resolve();
    },
  };
}
