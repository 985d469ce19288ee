import { fork, type ChildProcess } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule, Binding, Connection, PushedReading } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { deviceCount, objectCount, type DevicesQuestion, type DevicesReport } from "./cov-devices.ts";
import { udpDrops } from "#adapters/bacnet/link/udp-drops.ts";

/** One look at a run: everything is counted from its start. */
export interface CovLook {
  readonly second: number;
  readonly changes: number;
  readonly notifications: number;
  readonly heard: number;
  /** Changes that were made and not heard of, as the counting values tell: a value that skips one. */
  readonly lost: number;
  /** The same value told again: the answer to a renewal, or a notification whose acknowledgement was lost. */
  readonly repeated: number;
  readonly dropsHere: number;
  readonly dropsAtDevices: number;
  readonly unacknowledged: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly rssDevicesMb: number;
}

export interface CovRunOptions {
  readonly seconds: number;
  readonly perSecond: number;
  readonly lookEveryS: number;
  readonly onLook?: (look: CovLook) => void;
}

const module: AdapterModule = bacnetAdapter;

/** Listens to 1,000 objects of 20 devices, half of them confirmed, while they change; looks at itself now and then. */
export async function covRun(options: CovRunOptions): Promise<readonly CovLook[]> {
  const devices = await Devices.start();
  const tally = new Tally();
  const connection = await open(devices.addresses);
  try {
    const subscriptions = await Promise.all(devices.addresses.map((_, i) => listen(connection, i, tally)));
    const refused = subscriptions.reduce((sum, one) => sum + one.refused.length, 0);
    if (refused > 0) throw new Error(`${refused} points were refused`);
    const here = String((connection.health!() as { link: { address: string } }).link.address);
    const looks: CovLook[] = [];
    const look = async (second: number, question: "report" | "stop" = "report") => {
      const at = await devices.ask({ ask: question });
      looks.push(lookOf(second, at, tally, udpDrops(here)));
      options.onLook?.(looks.at(-1)!);
    };
    await look(0);
    await devices.ask({ ask: "start", perSecond: options.perSecond });
    const started = performance.now();
    for (let second = options.lookEveryS; second <= options.seconds; second += options.lookEveryS) {
      await sleep(started + second * 1000 - performance.now());
      // The last look is taken when what is under way has arrived.
      if (second + options.lookEveryS > options.seconds) {
        await devices.ask({ ask: "stop" });
        await tally.quiet();
      }
      await look(second);
    }
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    return looks;
  } finally {
    await connection.close();
    devices.close();
  }
}

/** What was heard, by object. */
class Tally {
  readonly #last = new Map<string, number>();
  heard = 0;
  lost = 0;
  repeated = 0;

  hear(readings: readonly PushedReading[]): void {
    for (const { binding, raw } of readings) {
      // A device that was believed dead for a while: what it did meanwhile is missing from the next value.
      if (typeof raw !== "number") continue;
      this.heard++;
      const last = this.#last.get(binding.point) ?? 0;
      if (raw <= last) this.repeated++;
      else {
        this.lost += raw - last - 1;
        this.#last.set(binding.point, raw);
      }
    }
  }

  /** Until nothing has come for half a second; ten seconds at most. */
  async quiet(): Promise<void> {
    for (let tries = 0, before = -1; tries < 20 && before !== this.heard; tries++) {
      before = this.heard;
      await sleep(500);
    }
  }
}

class Devices {
  readonly addresses: readonly string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: readonly string[]) {
    this.#child = child;
    this.addresses = addresses;
  }

  static async start(): Promise<Devices> {
    const child = fork(new URL("./cov-devices.ts", import.meta.url), ["devices"], { execArgv: [] });
    return new Devices(child, await next<string[]>(child));
  }

  ask(question: DevicesQuestion): Promise<DevicesReport> {
    const answer = next<DevicesReport>(this.#child);
    this.#child.send(question);
    return answer;
  }

  close(): void {
    this.#child.disconnect();
  }
}

function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error("the devices are gone"));
    child.once("exit", gone);
    child.once("message", (message) => {
      child.off("exit", gone);
      resolve(message as T);
    });
  });
}

function lookOf(second: number, at: DevicesReport, { heard, lost, repeated }: Tally, dropsHere: number): CovLook {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  const { changes, notifications, unacknowledged, drops } = at;
  return {
    ...{ second, changes, notifications, heard, lost, repeated, dropsHere, dropsAtDevices: drops, unacknowledged },
    ...{ heapMb: heapUsed / 1e6, rssMb: rss / 1e6, rssDevicesMb: at.rss / 1e6 },
  };
}

/** What is garbage must not be counted as growth. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

function open(addresses: readonly string[]): Promise<Connection> {
  const config = {
    id: "cov",
    link: { listen: "127.0.0.1:0", timeoutMs: 2_000 },
    devices: addresses.map((address, i) => ({
      id: `d${i}`,
      options: { instance: 1_000 + i, address, events: false, cov: i % 2 === 0 ? "unconfirmed" : "confirmed" },
      bindings: bindingsOf(i),
    })),
  };
  return module.create(config, realEnv()).connect(AbortSignal.timeout(10_000));
}

function listen(connection: Connection, device: number, tally: Tally) {
  return connection.subscribe!(bindingsOf(device), (readings) => tally.hear(readings), AbortSignal.timeout(20_000));
}

function bindingsOf(device: number): Binding[] {
  if (device >= deviceCount) throw new Error(`there are ${deviceCount} devices`);
  return Array.from({ length: objectCount }, (_, i) => ({
    ...{ point: `d${device}/ai-${i + 1}`, device: `d${device}`, address: `analog-input:${i + 1}` },
    ...{ kind: "number" as const, writable: false, pollMs: 0 },
  }));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
