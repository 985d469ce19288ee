import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientFrame } from "#msgs/wire/client-frames.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import { formatTime } from "#msgs/time.ts";
import { builtFolder } from "../build.ts";
import { fakePlant, fakeValue } from "./fake-plant.ts";

/** Speaks just enough of the wire to put a screen before a plant of any size, and to fall silent or vanish on request. */
export interface FakeGateway {
  readonly url: string;
  /** Values are sent so often; 0 sends none, and no time either: connected and silent. */
  setRate(hz: number): void;
  /** These qualities from now on; all others are good. */
  setQuality(point: string, quality: number): void;
  /** Ends every connection and takes no new ones until `comeBack`. */
  vanish(): void;
  comeBack(): void;
  /** Frames that clients sent, pings left out. */
  readonly heard: readonly ClientFrame[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

export async function openFakeGateway(size: number): Promise<FakeGateway> {
  const nowUs = (): number => Date.now() * 1_000;
  const { points, devices } = fakePlant(size, nowUs());
  const qualities = new Map<string, number>();
  const heard: ClientFrame[] = [];
  const sockets = new Set<WebSocket>();
  const watching = new Map<WebSocket, Set<string>>();
  let gone = false;
  let rateHz = 2;
  let timer: NodeJS.Timeout | undefined;
  let ticking: NodeJS.Timeout | undefined;

  const lists: Readonly<Record<string, unknown>> = { "/points": points, "/devices": devices };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (gone) return void request.socket.destroy();
    if (path === "/" || path.startsWith("/assets/")) {
      const file = join(builtFolder, path === "/" ? "index.html" : path);
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      return void response.end(await readFile(file));
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(lists[path] ?? []));
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.writeHead(500).end());
  });
  const channel = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (gone) return void socket.destroy();
    channel.handleUpgrade(request, socket, head, (opened) => welcome(opened));
  });

  function send(socket: WebSocket, frame: ServerFrame): void {
    socket.send(JSON.stringify(frame));
  }
  function welcome(socket: WebSocket): void {
    sockets.add(socket);
    watching.set(socket, new Set());
    socket.on("close", () => void (sockets.delete(socket), watching.delete(socket)));
    socket.on("message", (data) => answer(socket, JSON.parse(String(data)) as ClientFrame));
    const principal = { name: "loopback", kind: "person", role: "operator" } as const;
    send(socket, { type: "event", timeline: "live", data: { type: "connected", features: [], site: "Fake plant", principal } });
  }
  function answer(socket: WebSocket, frame: ClientFrame): void {
    if (frame.type === "ping") return send(socket, { type: "pong", timeline: "live", now: formatTime(nowUs()) });
    heard.push(frame);
    if (frame.type !== "subscribe" || !frame.patterns.includes("**")) return;
    watching.get(socket)?.add("**");
    send(socket, { type: "points", timeline: "live", keys: points.map(({ key }) => key), points: points.map(({ id }) => id) });
    sendValues(socket);
    sendTime(socket);
  }
  function sendValues(socket: WebSocket): void {
    const at = nowUs();
    send(socket, {
      type: "columns",
      timeline: "live",
      keys: points.map(({ key }) => key),
      values: points.map(({ key, id }) => ((qualities.get(id) ?? 0) >= 128 ? null : fakeValue(key, at / 1_000))),
      qualities: points.map(({ id }) => qualities.get(id) ?? 0),
      sourceTimesUs: points.map(() => at),
      atUs: points.map(() => at),
    });
  }
  function sendTime(socket: WebSocket): void {
    send(socket, { type: "timeline", timeline: "live", now: formatTime(nowUs()), kind: "live", state: "live" });
  }
  function setRate(hz: number): void {
    rateHz = hz;
    clearInterval(timer);
    clearInterval(ticking);
    if (rateHz === 0) return;
    const everybody = (run: (socket: WebSocket) => void): void => {
      for (const [socket, patterns] of watching) if (patterns.size > 0) run(socket);
    };
    timer = setInterval(() => everybody(sendValues), 1_000 / hz);
    ticking = setInterval(() => everybody(sendTime), 1_000);
  }

  setRate(rateHz);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setRate,
    setQuality: (point, quality) => void qualities.set(point, quality),
    vanish() {
      gone = true;
      for (const socket of sockets) socket.terminate();
    },
    comeBack() {
      gone = false;
    },
    heard,
    async close() {
      setRate(0);
      for (const socket of sockets) socket.terminate();
      channel.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
