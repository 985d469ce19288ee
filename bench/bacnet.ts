import type * as BacnetLibrary from "@bacnet-js/client";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { createRequire } from "node:module";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule, Binding, Connection, PushedReading } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import type { BenchRow } from "./row.ts";

// The library is CommonJS with a default export, which an import of it would wrap once more.
const { default: BacnetClient } = createRequire(import.meta.url)("@bacnet-js/client") as typeof BacnetLibrary.default;

const devices = 200;
const objects = 50;
const seconds = 4;
const firstValue = 1_000;
const module: AdapterModule = bacnetAdapter;

/** The devices live in a thread of their own, so that what is measured is the asking. */
interface Building {
  readonly addresses: readonly string[];
  ask(message: { change: number }): Promise<{ changed: number }>;
  close(): Promise<void>;
}

/** The adapter against 200 simulated devices of 50 objects, beside the raw library reading one property at a time. */
export async function rows(): Promise<readonly BenchRow[]> {
  const building = await startBuilding();
  try {
    return [...(await reading(building)), await importing(building), ...(await commanding(building)), await listening(building)];
  } finally {
    await building.close();
  }
}

async function reading(building: Building): Promise<BenchRow[]> {
  const connection = await open(building);
  const sets = building.addresses.map((_, i) => bindingsOf(i));
  const cpu = process.cpuUsage();
  let properties = 0;
  const end = performance.now() + seconds * 1000;
  const started = performance.now();
  await Promise.all(
    sets.map(async (bindings) => {
      while (performance.now() < end) {
        const readings = await connection.read(bindings, AbortSignal.timeout(10_000));
        // A present value with its status flags is two properties.
        properties += readings.length * 2;
      }
    }),
  );
  const perSecond = properties / ((performance.now() - started) / 1000);
  const used = process.cpuUsage(cpu);
  const cpuUs = (used.user + used.system) / properties;
  await connection.close();
  const one = await rawLibrary(building, 1);
  const many = await rawLibrary(building, 32);
  const row = (peer: string, value: { perSecond: number; cpuUs: number }, bar?: string): BenchRow => ({
    what: `properties/s, ${devices} devices, ${objects} objects each`,
    ours: `${Math.round(perSecond)} (${cpuUs.toFixed(1)} µs CPU each, devices included)`,
    peer: `${Math.round(value.perSecond)} (${value.cpuUs.toFixed(1)} µs) ${peer}`,
    ratio: perSecond / value.perSecond,
    ...(bar !== undefined && { bar }),
  });
  return [row("@bacnet-js/client, one property at a time", one, "≥ 10"), row("@bacnet-js/client, 32 single reads under way", many)];
}

/** The library by itself, as its examples use it. */
async function rawLibrary(building: Building, inFlight: number): Promise<{ perSecond: number; cpuUs: number }> {
  // It hears no answers from 127.0.0.1:47808 and counts one invoke id for everybody: a few under way are all it can keep apart.
  const client = new BacnetClient({ apduTimeout: 2_000, port: 0, interface: "127.0.0.1" });
  client.on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  let done = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const end = started + 2_000;
  let heardAt = started;
  const lanes = Promise.all(
    Array.from({ length: inFlight }, async (_, lane) => {
      for (let i = lane; performance.now() < end; i += inFlight) {
        const address = building.addresses[i % devices]!;
        await client.readProperty({ address }, { type: 0, instance: 1 + (i % objects) }, 85).then(
          () => {
            done++;
            heardAt = performance.now();
          },
          () => undefined,
        );
      }
    }),
  );
  // A question of it may never be settled; it is then not waited for, and not counted against it.
  await Promise.race([lanes, new Promise((resolve) => setTimeout(resolve, 4_500))]);
  client.close();
  const used = process.cpuUsage(cpu);
  return { perSecond: done / ((heardAt - started) / 1000), cpuUs: (used.user + used.system) / done };
}

async function importing(building: Building): Promise<BenchRow> {
  const connection = await open(building, { discoverMs: 1_500 });
  const started = performance.now();
  let points = 0;
  const found = new Set<string>();
  for await (const one of connection.browse!(AbortSignal.timeout(60_000))) {
    if (one.point) points++;
    else found.add(one.device.id);
  }
  const took = (performance.now() - started) / 1000;
  await connection.close();
  return {
    what: `discover and import ${devices} devices`,
    ours: `${took.toFixed(1)} s (${found.size} devices, ${points} points)`,
    peer: "30 s",
    ratio: 30 / took,
    bar: "≥ 1",
  };
}

/** Written at priority 8, the array read back, the present value read back: what the desk does for each command. */
async function commanding(building: Building): Promise<BenchRow[]> {
  const connection = await open(building);
  const soon = () => AbortSignal.timeout(10_000);
  let commands = 0;
  const started = performance.now();
  const end = started + 3_000;
  await Promise.all(
    building.addresses.slice(0, 64).map(async (_, i) => {
      const binding: Binding = {
        point: `d${i}/out`,
        device: `d${i}`,
        address: "analog-output:1",
        kind: "number",
        writable: true,
        pollMs: 1_000,
      };
      for (let value = 0; performance.now() < end; value = (value + 1) % 100) {
        await connection.act!({ do: "set", binding, value, priority: 8 }, soon());
        const [slots, [reading]] = await Promise.all([connection.slots!(binding, soon()), connection.read([binding], soon())]);
        if (slots[7] !== value || reading!.raw !== value)
          throw new Error(`wrote ${value}, found ${String(slots[7])} and ${String(reading!.raw)}`);
        commands++;
      }
    }),
  );
  const perSecond = commands / ((performance.now() - started) / 1000);
  await connection.close();
  return [
    {
      what: "commands/s, each written, its sixteen slots and its value read back",
      ours: String(Math.round(perSecond)),
      peer: "",
      ratio: undefined,
    },
  ];
}

/** Changes as fast as the devices can make them, to see that nothing grows with their number; what is too much for a core is dropped. */
async function listening(building: Building): Promise<BenchRow> {
  const connection = await open(building, { checkS: 1 });
  const last = new Map<string, unknown>();
  let heard = 0;
  const hear = (readings: readonly PushedReading[]) => {
    heard += readings.length;
    for (const { binding, raw } of readings) last.set(binding.point, raw);
  };
  const subscriptions = await Promise.all(
    building.addresses.slice(0, 20).map((_, i) => connection.subscribe!(bindingsOf(i), hear, AbortSignal.timeout(20_000))),
  );
  const memory: number[] = [];
  const rounds = 6;
  const sweeps = 50;
  let changed = 0;
  for (let round = 0; round < rounds; round++) {
    // 50 sweeps over 20 devices of 50 objects: fifty thousand changes a round, fifty seconds' worth at a thousand a second.
    for (let sweep = 0; sweep < sweeps; sweep++) changed += (await building.ask({ change: 20 })).changed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
    memory.push(process.memoryUsage().heapUsed);
  }
  // Two looks of the life check: what the system dropped is read by then.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const { cov, link } = connection.health!() as { cov: { reread: number }; link: { dropped: number } };
  const lastValue = firstValue + rounds * sweeps;
  const wrong = [...last].filter(([point, raw]) => Math.abs(Number(raw) - lastValue - Number(point.split("-")[1]) / 100) > 1e-3).length;
  await Promise.all(subscriptions.map((subscription) => subscription.close()));
  const left = (connection.health!() as { cov: { subscriptions: number } }).cov.subscriptions;
  await connection.close();
  const growth = (memory.at(-1)! - memory[1]!) / 1e6;
  return {
    what: "changes heard of in one burst, 1,000 subscriptions; heap growth over the last two thirds",
    // The first word of each subscription is no change, what is read instead of a lost one is not heard.
    ours: `${heard - last.size - cov.reread} of ${changed} changes, ${link.dropped} dropped by the kernel, ${wrong} points wrong after it, ${growth.toFixed(1)} MB, ${left} left over`,
    peer: "",
    ratio: undefined,
  };
}

function open(building: Building, link: object = {}): Promise<Connection> {
  const config = {
    id: "bench",
    link: { listen: "127.0.0.1:0", whoIs: building.addresses, timeoutMs: 2_000, ...link },
    devices: building.addresses.map((address, i) => ({
      id: `d${i}`,
      options: { instance: 1_000 + i, address, events: false },
      bindings: [],
    })),
  };
  return module.create(config, realEnv()).connect(AbortSignal.timeout(10_000));
}

function bindingsOf(device: number): Binding[] {
  return Array.from({ length: objects }, (_, i) => ({
    point: `d${device}/ai-${i + 1}`,
    device: `d${device}`,
    address: `analog-input:${i + 1}`,
    kind: "number",
    writable: false,
    pollMs: 1_000,
  }));
}

async function startBuilding(): Promise<Building> {
  const worker = new Worker(new URL(import.meta.url), { workerData: "building" });
  const next = <T>() => new Promise<T>((resolve) => worker.once("message", resolve));
  const addresses = await next<string[]>();
  return {
    addresses,
    ask(message) {
      const answer = next<{ changed: number }>();
      worker.postMessage(message);
      return answer;
    },
    async close() {
      await worker.terminate();
    },
  };
}

async function beTheBuilding(): Promise<void> {
  const peers: BacnetPeer[] = [];
  for (let i = 0; i < devices; i++) {
    const peer = await BacnetPeer.start({ instance: 1_000 + i, name: `device ${i}` }, `127.0.0.${2 + (i % 250)}`);
    for (let j = 1; j <= objects; j++) peer.add(`analog-input:${j}`, i + j / 100);
    peer.addCommandable("analog-output:1", 0);
    peers.push(peer);
  }
  // Beyond every value the objects begin with, so that each of these is a change.
  let round = firstValue;
  parentPort!.on("message", ({ change }: { change: number }) => {
    round++;
    for (const peer of peers.slice(0, change)) {
      for (let j = 1; j <= objects; j++) peer.values.set(`analog-input:${j}`, round + j / 100);
      peer.device.cov.look();
    }
    // The answer goes out after the notifications have been handed to the socket.
    setImmediate(() => parentPort!.postMessage({ changed: change * objects }));
  });
  parentPort!.postMessage(peers.map((peer) => peer.address));
}

if (!isMainThread && workerData === "building") await beTheBuilding();
