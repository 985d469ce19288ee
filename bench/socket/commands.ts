import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import type { BenchRow } from "../row.ts";
import { at, restedSyncTimes, shown, syncTimes } from "./figures.ts";
import { realServer } from "./real-desk.ts";
import { audited, commandTrips, echoRate, echoTrips, type TripTimes } from "./trips.ts";

const warmUp = 300;
const trips = 1_000;
const commands = 20_000;
const underWay = 500;
const points = 500;

interface Heard {
  readonly bare: number[];
  readonly alone: TripTimes;
  readonly perSecond: number;
  readonly bareRate: number;
}

/** Commands on the channel through the real desk, its gates and its record on the disk, beside a bare echo and a bare sync. */
export async function commandRows(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-"));
  const echo = await bareEcho();
  const ours = await realServer(folder, points);
  try {
    const { bare, alone, perSecond, bareRate } = await heardBy(echo.url, `${ours.server.url.replace("http", "ws")}/control`);
    const sync = syncTimes(folder, 500);
    const rested = await restedSyncTimes(folder, 500);
    return [
      {
        what: "socket: point.write to ack with the real desk, one at a time, the client in a process of its own",
        ours: shown(alone.ack),
        peer: `${shown(bare)}, bare ws echo with JSON in and out`,
        ratio: at(alone.ack, 0.5) / at(bare, 0.5),
        bar: "at most 3 x the echo at p50",
      },
      {
        what: "socket: point.write to requested (on the disk), one at a time",
        ours: shown(alone.requested),
        peer: `${shown(sync)}, a bare write and fdatasync one after the other`,
        ratio: at(alone.requested, 0.5) / at(sync, 0.5),
        bar: "at most 3 x a bare fdatasync at p50",
      },
      {
        what: "socket: the same beside its parts: the echo there and back, and a sync that rests as long between two",
        ours: shown(alone.requested),
        peer: `${Math.round((at(bare, 0.5) + at(rested, 0.5)) * 1_000)} µs, the echo and ${shown(rested)}`,
        ratio: at(alone.requested, 0.5) / (at(bare, 0.5) + at(rested, 0.5)),
        bar: "",
      },
      {
        what: `socket: audited commands a second on one connection, ${underWay} under way, each to its end with ack and five events`,
        ours: `${Math.round(perSecond)}/s`,
        peer: `5,000/s is the bar; a bare echo does ${Math.round(bareRate)} frames/s`,
        ratio: perSecond / 5_000,
        bar: "at least 5,000/s",
      },
    ];
  } finally {
    echo.close();
    await ours.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bareEcho(): Promise<{ url: string; close(): void }> {
  const echo = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  echo.on("connection", (socket) => socket.on("message", (data) => socket.send(JSON.stringify(JSON.parse(String(data))))));
  await new Promise((resolve) => echo.once("listening", resolve));
  return { url: `ws://127.0.0.1:${(echo.address() as { port: number }).port}`, close: () => echo.close() };
}

/** Everything a client measures, in a process of its own. */
function heardBy(echo: string, control: string): Promise<Heard> {
  const child = fork(fileURLToPath(import.meta.url), ["client", echo, control], { execArgv: [] });
  return new Promise((resolve, reject) => {
    child.once("message", (heard) => resolve(heard as Heard));
    child.once("exit", () => reject(new Error("the client went away")));
  });
}

async function beClient(echo: string, control: string): Promise<void> {
  // A round to warm everything up, then both measured, a stretch of one after a stretch of the other.
  await echoTrips(echo, warmUp);
  await commandTrips(control, warmUp);
  const bare = await echoTrips(echo, trips);
  const alone = await commandTrips(control, trips);
  const perSecond = await audited(control, commands, underWay);
  const bareRate = await echoRate(echo, commands, underWay);
  process.send?.({ bare, alone, perSecond, bareRate } satisfies Heard, () => process.exit());
}

if (process.argv[2] === "client" && process.send) await beClient(process.argv[3] ?? "", process.argv[4] ?? "");
