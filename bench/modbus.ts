import { performance } from "node:perf_hooks";
import ModbusRTU from "modbus-serial";
import { modbusAdapter } from "#adapters/modbus/index.ts";
import type { Binding, Connection } from "#src/contract/adapter.ts";
import { Independent } from "#test/contract/peers/independent.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";

/** One figure beside its peer, both measured in the same run. `bar` is what the ratio is held against. */
export interface BenchRow {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: number | undefined;
  readonly bar?: string;
}

/** Registers 0 to 1249, one point each: ten blocks of 125. */
const wanted = 1250;
const block = 125;
const rounds = 5;
const roundSeconds = 0.8;

interface Rate {
  readonly perSecond: number;
  /** Microseconds of processor time for each point. */
  readonly cpuUs: number;
  /** How much of the time this process's event loop was busy; absent for another process. */
  readonly loop?: number;
}

/** The adapter alone beside a libmodbus client and beside modbus-serial, all reading the same libmodbus server. */
export async function rows(): Promise<readonly BenchRow[]> {
  const independent = new Independent();
  try {
    const server = await independent.libmodbus("libmodbus-server");
    const client = await independent.libmodbus("libmodbus-client");
    if (!server || !client) return [];
    const port = Number(await independent.start(server, ["tcp"]));
    await ours(port, 1, 1, 1);
    return [...(await besideLibmodbus(independent, client, port)), ...(await besideNpm(port)), await atTheLoad(port)];
  } finally {
    await independent.close();
  }
}

async function besideLibmodbus(independent: Independent, client: string, port: number): Promise<BenchRow[]> {
  const found: BenchRow[] = [];
  for (const connections of [1, 10]) {
    for (const inFlight of [1, 8]) {
      const { us, peer } = await alternately(
        () => ours(port, connections, inFlight, roundSeconds),
        () => libmodbus(independent, client, port, connections),
      );
      const what = `${connections === 1 ? "one connection" : "ten connections"}, ${inFlight} in flight`;
      // A C client takes a whole core for itself and so do we: a full loop cannot be asked for more.
      const bar = "≥ 0.8 until the loop is full";
      const { ours: words, ...rest } = row(`registers/s, ${what}`, us.perSecond, peer.perSecond, bar);
      found.push({ ours: `${words}, loop ${Math.round(us.loop! * 100)} % full`, ...rest });
      found.push(row(`CPU µs per point, ${what}`, us.cpuUs, peer.cpuUs));
    }
  }
  return found;
}

async function besideNpm(port: number): Promise<BenchRow[]> {
  const single = await alternately(
    () => ours(port, 1, 8, roundSeconds),
    () => modbusSerial(port, 1, 8),
  );
  const blocks = await alternately(
    () => ours(port, 1, 8, roundSeconds),
    () => modbusSerial(port, block, 8),
  );
  return [
    row("points/s beside modbus-serial register by register", single.us.perSecond, single.peer.perSecond),
    row("points/s beside modbus-serial in the same blocks", blocks.us.perSecond, blocks.peer.perSecond),
    row("CPU µs per point beside modbus-serial in the same blocks", blocks.us.cpuUs, blocks.peer.cpuUs),
  ];
}

/** Rounds in turn, so that whatever else the machine does meets both; the medians are compared. */
async function alternately(ourRound: () => Promise<Rate>, peerRound: () => Promise<Rate>): Promise<{ us: Rate; peer: Rate }> {
  const us: Rate[] = [];
  const peer: Rate[] = [];
  for (let round = 0; round < rounds; round++) {
    us.push(await ourRound());
    peer.push(await peerRound());
  }
  return { us: medianOf(us), peer: medianOf(peer) };
}

function medianOf(found: readonly Rate[]): Rate {
  const middle = (figures: number[]) => figures.sort((a, b) => a - b)[figures.length >> 1]!;
  return {
    perSecond: middle(found.map(({ perSecond }) => perSecond)),
    cpuUs: middle(found.map(({ cpuUs }) => cpuUs)),
    loop: middle(found.map(({ loop }) => loop ?? 0)),
  };
}

/** Ten devices, a thousand points in each of ten groups, every second: how much of a core the adapter takes. */
async function atTheLoad(port: number): Promise<BenchRow> {
  const links = await Promise.all(Array.from({ length: 10 }, () => open(port, 4)));
  const groups = links.flatMap((link) => Array.from({ length: 10 }, (_, group) => ({ link, bindings: points(group * 1000, 1000) })));
  for (const { link, bindings } of groups) await link.read(bindings, AbortSignal.timeout(10_000));
  const before = process.cpuUsage();
  const start = performance.now();
  let read = 0;
  for (let second = 0; second < 4; second++) {
    const paced = groups.map(async ({ link, bindings }, index) => {
      await until(start + second * 1000 + index * 10);
      read += (await link.read(bindings, AbortSignal.timeout(10_000))).length;
    });
    await Promise.all(paced);
  }
  await until(start + 4000);
  const took = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  for (const link of links) await link.close();
  const cores = (user + system) / 1e6 / took;
  return {
    what: `cores at ${Math.round(read / took / 1000)} k points/s (10 devices x 10 groups x 1000 points)`,
    ours: cores.toFixed(3),
    peer: "half a core",
    ratio: cores / 0.5,
    bar: "≤ 1",
  };
}

async function ours(port: number, connections: number, inFlight: number, forSeconds: number): Promise<Rate> {
  const links = await Promise.all(Array.from({ length: connections }, () => open(port, inFlight)));
  // Two poll groups for each link, as a host has them; one request at a time is one request at a time all the same.
  const groups = links.flatMap((link) => [0, 1].map((half) => ({ link, bindings: points((half * wanted) / 2, wanted / 2) })));
  const rate = await measure(forSeconds, async (end) => {
    const counts = groups.map(async ({ link, bindings }) => {
      let count = 0;
      while (performance.now() < end) count += (await link.read(bindings, AbortSignal.timeout(10_000))).length;
      return count;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });
  for (const link of links) await link.close();
  return rate;
}

async function libmodbus(independent: Independent, client: string, port: number, connections: number): Promise<Rate> {
  const words = ["bench", port, connections, roundSeconds, block].map(String);
  const said = JSON.parse(await independent.output(client, words)) as { registers: number; seconds: number; cpuSeconds: number };
  return { perSecond: said.registers / said.seconds, cpuUs: (said.cpuSeconds * 1e6) / said.registers };
}

async function modbusSerial(port: number, size: number, inFlight: number): Promise<Rate> {
  const client = new ModbusRTU.default();
  await client.connectTCP("127.0.0.1", { port });
  client.setID(1);
  const rate = await measure(roundSeconds, async (end) => {
    let next = 0;
    const workers = Array.from({ length: inFlight }, async () => {
      let count = 0;
      while (performance.now() < end) {
        const at = (next += size) % wanted;
        count += (await client.readHoldingRegisters(at, size)).data.length;
      }
      return count;
    });
    return (await Promise.all(workers)).reduce((sum, count) => sum + count, 0);
  });
  await new Promise<void>((resolve) => client.close(() => resolve()));
  return rate;
}

async function measure(forSeconds: number, work: (end: number) => Promise<number>): Promise<Rate> {
  const before = process.cpuUsage();
  const busyBefore = performance.eventLoopUtilization();
  const start = performance.now();
  const count = await work(start + forSeconds * 1000);
  const took = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const loop = performance.eventLoopUtilization(busyBefore).utilization;
  return { perSecond: count / took, cpuUs: (user + system) / count, loop };
}

function open(port: number, inFlight: number): Promise<Connection> {
  const link = { host: "127.0.0.1", port, inFlight };
  const config = { id: "bench", link, devices: [{ id: "server", options: { unit: 1, inFlight }, bindings: points(0, wanted) }] };
  return modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5_000));
}

function points(from: number, count: number): readonly Binding[] {
  const point = (at: number): Binding => ({
    point: `p/${at}`,
    device: "server",
    address: `holding:${at}`,
    kind: "number",
    writable: false,
    pollMs: 1000,
  });
  return Array.from({ length: count }, (_, index) => point(from + index));
}

function row(what: string, us: number, peer: number, bar?: string): BenchRow {
  const words = (figure: number) => (figure >= 1000 ? `${Math.round(figure / 1000)} k` : figure.toFixed(3));
  return { what, ours: words(us), peer: words(peer), ratio: us / peer, ...(bar !== undefined && { bar }) };
}

function until(when: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, when - performance.now())));
}

if (import.meta.main) {
  const found = await rows();
  for (const { what, ours: us, peer, ratio, bar } of found) {
    console.info([what.padEnd(66), us.padStart(10), peer.padStart(12), (ratio?.toFixed(2) ?? "").padStart(8), bar ?? ""].join(" "));
  }
}
