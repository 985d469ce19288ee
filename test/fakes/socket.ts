import { WebSocket } from "ws";
import { compile } from "#msgs/schema/check.ts";
import { serverFrames, type ServerFrame } from "#msgs/wire/server-frames.ts";

type Frame = ServerFrame & Record<string, unknown>;

/** A raw client of /control that keeps what it hears, for tests about frames. */
export interface Wire {
  readonly heard: Frame[];
  send(frame: object | string): void;
  /** The next frame that satisfies `is`, heard since the last answer of `next` or still to come. */
  next(is: (frame: Frame) => boolean, withinMs?: number): Promise<Frame>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  close(): void;
}

const checkers = new Map(Object.entries(serverFrames).map(([type, schema]) => [type, compile(schema)]));

/** Whatever the gateway sends in any test is held against the declared frames. */
function mustBeDeclared(frame: Frame): void {
  const checker = checkers.get(frame.type);
  if (!checker?.check(frame)) throw new Error(`not a declared frame: ${JSON.stringify(frame)} ${JSON.stringify(checker?.errors(frame))}`);
}

export async function dial(url: string, headers: Record<string, string> = {}): Promise<Wire> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/control`, { headers });
  const heard: Frame[] = [];
  const waiting = new Set<() => void>();
  let from = 0;
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as Frame;
    mustBeDeclared(frame);
    heard.push(frame);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => reject(new Error(`refused with ${response.statusCode}`)));
  });
  socket.on("error", () => {});
  return {
    heard,
    socket,
    closed,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    next(is, withinMs = 5_000) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const at = heard.findIndex((frame, i) => i >= from && is(frame));
          if (at < 0) return;
          from = at + 1;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(heard[at] as Frame);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`not heard within ${withinMs} ms; heard ${JSON.stringify(heard.slice(-5))}`));
        }, withinMs);
        waiting.add(look);
        look();
      });
    },
    close: () => socket.terminate(),
  };
}

export const ofType =
  (type: string) =>
  (frame: Frame): boolean =>
    frame.type === type;

/** An `event` frame whose data says this type. */
export const event =
  (type: string) =>
  (frame: Frame): boolean =>
    frame.type === "event" && (frame["data"] as { type: string }).type === type;
