import { expect, it, onTestFinished } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import { real } from "#adapters/bacnet/wire/value.ts";
import { TrendLog } from "#adapters/bacnet/server/trend-log.ts";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { Host } from "#src/intake/host.ts";
import { silentLog } from "#src/kit/log.ts";
import { seededRandom } from "#src/kit/random.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { peerOf } from "#test/contract/peers/bacnet-link.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { eventually } from "#test/fakes/gateway-process.ts";
import { siteOf } from "#test/fakes/host-rig.ts";

const second = 1_000_000;
const begin = 1_700_000_000 * second;

it("a real trend log is taken over once, fills the declared gap, and goes on after the gateway was away", async () => {
  const peer = await peerOf();
  peer.add("analog-input:1", 5);
  const log = new TrendLog({
    id: { type: 20, instance: 1 },
    name: "log",
    logs: [{ object: { type: 0, instance: 1 }, property: 85 }],
    capacity: 1_000,
    zone: { utcOffsetMinutes: 0 },
  });
  peer.device.add(log);
  let written = 0;
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) log.write(begin + ++written * second, { kind: "value", value: real(written) });
  };
  const binding = { point: "p", device: "d", address: "ai:1;log=trend-log:1", kind: "number" as const, writable: false, pollMs: 1_000 };
  const link = { listen: "127.0.0.1:0", timeoutMs: 500, discoverMs: 200, whoIs: [peer.address] };
  const config = { id: "l", link, devices: [{ id: "d", options: { instance: 7, address: peer.address }, bindings: [binding] }] };
  const module: AdapterModule = bacnetAdapter;
  expect(module.check(config)).toEqual([]);

  const record: Fact[] = [];
  /** One life: the record is retold, then the host goes on; ends when the gap is filled up to a second. */
  const life = async (until: number): Promise<void> => {
    const env = realEnv();
    const taps = standardTaps();
    const opened = open({ id: "live", kind: "live", from: 0, taps: taps.factories });
    for (const fact of record) opened.retell(fact);
    opened.timeline.bus.follow((fact) => record.push(fact));
    opened.into.publish(siteOf(config), env.time.now());
    const sink = {
      publish: (fact: Parameters<typeof opened.into.publish>[0]) => opened.into.publish(fact, env.time.now()),
      offer: (samples: Extract<Fact, { kind: "samples" }>["samples"]) => (
        opened.into.publish({ kind: "samples", samples }, env.time.now()),
        opened.seq()
      ),
      whenDurable: (_: number, run: () => void) => setImmediate(run),
    };
    if (record.length === 1)
      sink.publish({ kind: "gap", stream: "*", from: begin + 5 * second, to: begin + 150 * second, lost: "unknown", why: "away" });
    const { time, timers } = env;
    const host = new Host({ plant: taps.plant, resume: taps.resume, sink, time, timers, random: seededRandom(1), log: silentLog });
    onTestFinished(() => host.stop());
    await host.apply([{ id: "l", module, config }]);
    await eventually(() => taps.latest.get("p")?.value === 5 && filled().some(([stream, , to]) => stream === "l/d" && to === until));
    await host.stop();
  };
  const historical = (): number[] =>
    record.flatMap((fact) => (fact.kind === "samples" && fact.samples.origin === "historical" ? [...fact.samples.values] : []));
  const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const filled = () => record.flatMap((fact) => (fact.kind === "gap" && fact.lost === 0 ? [[fact.stream, (fact.from - begin) / second, (fact.to - begin) / second]] : [])); // prettier-ignore

  write(130);
  await life(130);
  expect(historical()).toEqual(oneTo(130));
  expect(filled()).toContainEqual(["l/d/p", 5, 130]);
  write(70);
  await life(150);
  expect(historical()).toEqual(oneTo(200));
  expect(filled()).toContainEqual(["l/d/p", 130, 150]);
});
