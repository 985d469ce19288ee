import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import type { BenchRow } from "../row.ts";
import { at, shown, syncTimes } from "./figures.ts";
import { realServer } from "./real-desk.ts";

const trips = 1_000;
const commands = 20_000;
const underWay = 500;
const points = 500;

/** Commands on the channel through the real desk, its gates and its record on the disk, beside a bare echo and a bare sync. */
export async function commandRows(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-"));
  const echo = await bareEcho();
  const ours = await realServer(folder, points);
  const url = `${ours.server.url.replace("http", "ws")}/control`;
  const frame = (n: number): string => JSON.stringify({ type: "point.write", point: ours.points[n % points], value: n % 97, priority: 16 });
  try {
    // A round to warm everything up, then both measured.
    await echoTrips(echo.url, frame(0), 300);
    await commandTrips(url, frame, 300);
    const bare = await echoTrips(echo.url, frame(0), trips);
    const alone = await commandTrips(url, frame, trips);
    const sync = syncTimes(folder, 500);
    const perSecond = await audited(url, frame);
    const bareRate = await echoRate(echo.url, frame(0));
    return [
      {
        what: "socket: point.write to ack with the real desk, one at a time",
        ours: shown(alone.ack),
        peer: `${shown(bare)}, bare ws echo with JSON in and out`,
        ratio: at(alone.ack, 0.5) / at(bare, 0.5),
        bar: "at most 3 x the echo at p50",
      },
      {
        what: "socket: point.write to requested (on the disk), one at a time",
        ours: shown(alone.requested),
        peer: `${shown(sync)}, a bare write and fdatasync`,
        ratio: at(alone.requested, 0.5) / at(sync, 0.5),
        bar: "at most 3 x a bare fdatasync at p50",
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

function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What is still being done for the one before is not counted for the next: a person is slower than that. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

/** Times of single round trips in ms, sorted. */
async function echoTrips(url: string, frame: string, count: number): Promise<number[]> {
  const socket = await dial(url);
  const times: number[] = [];
  while (times.length < count) {
    await settled();
    const begin = performance.now();
    socket.send(frame);
    await new Promise((resolve) => socket.once("message", resolve));
    times.push(performance.now() - begin);
  }
  socket.terminate();
  return times.sort((a, b) => a - b);
}

/** One command after the other, each only when the one before has ended. */
async function commandTrips(url: string, frame: (n: number) => string, count: number): Promise<{ ack: number[]; requested: number[] }> {
  const socket = await dial(url);
  const ack: number[] = [];
  const requested: number[] = [];
  for (let n = 0; n < count; n++) {
    await settled();
    const begin = performance.now();
    socket.send(frame(n));
    await new Promise<void>((resolve) => {
      const hear = (data: unknown): void => {
        const text = String(data as Buffer);
        if (isAck(text)) ack.push(performance.now() - begin);
        else if (isEvent(text, "requested")) requested.push(performance.now() - begin);
        else if (isEvent(text, "confirmed")) {
          socket.off("message", hear);
          resolve();
        }
      };
      socket.on("message", hear);
    });
  }
  socket.terminate();
  const sorted = (times: number[]): number[] => times.sort((a, b) => a - b);
  return { ack: sorted(ack), requested: sorted(requested) };
}

/** Commands a second from the first frame to the last end, with the record written and synced for each. */
async function audited(url: string, frame: (n: number) => string): Promise<number> {
  const socket = await dial(url);
  let sent = 0;
  let ended = 0;
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    socket.on("message", (data) => {
      const text = String(data as Buffer);
      if (isAck(text) && !text.includes('"status":"success"')) reject(new Error(text));
      if (!isEvent(text, "confirmed")) return;
      if (++ended === commands) resolve();
      else if (sent < commands) socket.send(frame(sent++));
    });
    while (sent < underWay) socket.send(frame(sent++));
  });
  socket.terminate();
  return (commands / (performance.now() - begin)) * 1_000;
}

async function echoRate(url: string, frame: string): Promise<number> {
  const socket = await dial(url);
  let sent = 0;
  let heard = 0;
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    socket.on("message", () => {
      if (++heard === commands) resolve();
      else if (sent++ < commands) socket.send(frame);
    });
    for (; sent < underWay; sent++) socket.send(frame);
  });
  socket.terminate();
  return (commands / (performance.now() - begin)) * 1_000;
}

function isAck(text: string): boolean {
  return text.startsWith('{"type":"ack"');
}

function isEvent(text: string, state: "requested" | "confirmed"): boolean {
  return text.includes(`"type":"command.${state}"`);
}
