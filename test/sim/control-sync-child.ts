import { writeSync } from "node:fs";
import type { FactBody } from "#msgs/fact.ts";
import { samplesOf } from "#msgs/sample.ts";
import { silentLog } from "#src/kit/log.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { script, slotsPoint } from "./control-rig.ts";

// A desk on a real file that says on standard output what it tells and when it writes to the device, for the trace of its system calls.
const time = new SlewedTime(machineClocks, 0);
const taps = standardTaps();
const { plant, latest } = taps;
const prepared = await prepareControl({ folder: process.argv[2]!, plant, latest, time, timers: machineTimers, log: silentLog });
const opened = open({ id: "live", kind: "live", from: time.now(), taps: [...taps.factories, prepared.tap] });
const into = { publish: (fact: FactBody) => opened.into.publish(fact, time.now()), ready: () => Promise.resolve() };
const devices = [{ id: "plc", adapter: "modbus-1", protocol: "modbus", area: "north" }];
const points = [0, 1, 2, 3].map((key) => ({ ...slotsPoint(`p-${key}`), key }));
into.publish({ kind: "config", revision: "1", timeZone: "UTC", areas: [], devices, points, valves: [], rules: [] });
opened.timeline.bus.follow((fact) => {
  if (fact.kind === "command") say(`told ${fact.step.command.id} ${fact.step.state}`);
});

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

let value = 0;
const control = await prepared.start({
  into,
  devices: {
    actuator: () => ({
      perform: (act) => {
        if (act.do === "set") say(`device ${(value = Number(act.value))}`);
        return Promise.resolve({ assurance: "device" });
      },
    }),
    ask: (asked) => {
      const rows = asked.map((id) => ({ key: plant.points.get(id)!.key, value, quality: 0, sourceTime: time.now() }));
      into.publish({ kind: "samples", samples: samplesOf(rows, { origin: "asked", stream: "m", askedAt: time.now() }) });
      return Promise.resolve();
    },
  },
});
// Alone, so that each commit is of one step; then side by side, so that several share one.
for (let n = 0; n < 10; n++) await carried(n, 0);
await Promise.all([11, 12, 13].map((n) => carried(n, n - 10)));
await control.close();

async function carried(n: number, point: number): Promise<void> {
  const id = `cmd-${n}`;
  control.desk.submit({ id, act: { do: "set", point: `p-${point}`, value: n }, priority: 16, asked: "point.write" }, script);
  const ended = control.ended(id);
  for (let isOver = false; !isOver; opened.advance(time.now())) {
    isOver = await Promise.race([ended.then(() => true), machineTimers.sleep(5).then(() => false)]);
  }
}
