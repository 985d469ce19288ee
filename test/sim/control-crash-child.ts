import type { FactBody } from "#msgs/fact.ts";
import type { PointId, Value } from "#msgs/point.ts";
import { samplesOf } from "#msgs/sample.ts";
import { silentLog } from "#src/kit/log.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { script, slotsPoint } from "./control-rig.ts";

// A gateway's desk on a real file that says what it does, until somebody kills it.
const folder = process.argv[2]!;
const run = process.argv[3]!;
const time = new SlewedTime(machineClocks, 0);
const taps = standardTaps();
const { plant, latest } = taps;
const prepared = await prepareControl({ folder, plant, latest, time, timers: machineTimers, log: silentLog });
const opened = open({ id: "live", kind: "live", from: time.now(), taps: [...taps.factories, prepared.tap] });
const into = { publish: (fact: FactBody) => opened.into.publish(fact, time.now()), ready: () => Promise.resolve() };
const points = Array.from({ length: 20 }, (_, key) => ({ ...slotsPoint(`p-${key}`), key }));
const devices = [{ id: "plc", adapter: "modbus-1", protocol: "modbus", area: "north" }];
into.publish({ kind: "config", revision: "1", timeZone: "UTC", areas: [], devices, points, valves: [], rules: [] });
opened.timeline.bus.follow((fact) => {
  if (fact.kind === "command") process.stdout.write(`${fact.step.command.id} ${fact.step.state}\n`);
});
const values = new Map<PointId, Value>();
const control = await prepared.start({
  into,
  devices: {
    actuator: () => ({
      perform: (act) => {
        if (act.do === "set") values.set(act.binding.point, act.value);
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
  },
});
for (let n = 0; ; n++) {
  control.desk.submit(
    { id: `${run}-${n}`, act: { do: "set", point: `p-${n % 20}`, value: n }, priority: 16, asked: "point.write" },
    script,
  );
  if (n % 20 === 19) await machineTimers.sleep(2);
  opened.advance(time.now());
}
