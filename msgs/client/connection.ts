import { ClientError, newId, type ClientOptions, type SocketLike } from "./options.ts";
import type { ClientFrame } from "../wire/client-frames.ts";
import type { ServerFrame, ServerFrameOf } from "../wire/server-frames.ts";

export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

export interface Connection {
  readonly state: ConnectionState;
  /** Resolves when open, at once if it is; rejects only when closed for good. */
  opened(): Promise<void>;
  /** Fire and forget; false when there is no open connection. */
  send(frame: ClientFrame): boolean;
  /** Sends with an id of its own and resolves with the answer of the same id. Never sent twice. */
  request(frame: ClientFrame): Promise<Answer>;
  close(): void;
}

export type Answer = ServerFrameOf<"ack"> | ServerFrameOf<"pong">;

export interface ConnectionHooks {
  frame(frame: ServerFrame): void;
  state(state: ConnectionState, why?: string): void;
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

const firstDelayMs = 250;
const ceilingDelayMs = 15_000;
/** Requests waiting for an answer at most; more is a bug of the caller. */
const pendingMax = 10_000;

/** One WebSocket that is opened again, with growing pauses, until it is closed on purpose. */
export function openConnection(options: ClientOptions, hooks: ConnectionHooks): Connection {
  const pending = new Map<string, Pending>();
  const waiters = new Set<{ resolve(): void; reject(error: Error): void }>();
  let socket: SocketLike | undefined;
  let state: ConnectionState = "connecting";
  let attempt = 0;
  let cancelTimer = () => {};
  let heard = false;

  function become(next: ConnectionState, why?: string): void {
    state = next;
    hooks.state(next, why);
  }

  function dial(): void {
    become("connecting");
    let mine: SocketLike;
    try {
      mine = options.socket(socketUrl(options.url));
    } catch (error) {
      retry(error instanceof Error ? error.message : String(error));
      return;
    }
    socket = mine;
    mine.addEventListener("open", () => {
      if (socket !== mine) return;
      attempt = 0;
      if (options.token !== undefined) mine.send(JSON.stringify({ type: "auth", token: options.token }));
      become("open");
      for (const waiter of waiters) waiter.resolve();
      waiters.clear();
      watch(mine);
    });
    mine.addEventListener("message", (event) => {
      if (socket === mine) receive(event.data);
    });
    mine.addEventListener("error", () => {});
    mine.addEventListener("close", (event) => {
      if (socket === mine) lose(event.reason || `closed with ${event.code}`);
    });
  }

  function receive(data: unknown): void {
    heard = true;
    const frame = frameOf(data);
    if (!frame) return;
    if ((frame.type === "ack" || frame.type === "error" || frame.type === "pong") && frame.requestId !== undefined) settle(frame);
    hooks.frame(frame);
  }

  function settle(frame: ServerFrameOf<"ack"> | ServerFrameOf<"error"> | ServerFrameOf<"pong">): void {
    const waiting = pending.get(frame.requestId ?? "");
    if (!waiting) return;
    pending.delete(frame.requestId ?? "");
    waiting.cancelTimeout();
    if (frame.type === "error") waiting.reject(new ClientError(frame.code, frame.message, { details: frame.details ?? [] }));
    else waiting.resolve(frame);
  }

  /** A connection that is half open never says so: something is asked when nothing was heard for a while. */
  function watch(mine: SocketLike): void {
    const everyMs = options.aliveEveryMs ?? 20_000;
    heard = true;
    let asked = false;
    const look = (): void => {
      if (socket !== mine || state !== "open") return;
      if (heard) asked = false;
      else if (asked) {
        mine.close();
        lose("no sign of life from the gateway");
        return;
      } else {
        asked = true;
        mine.send(JSON.stringify({ type: "ping" }));
      }
      heard = false;
      cancelTimer = options.after(everyMs, look);
    };
    cancelTimer = options.after(everyMs, look);
  }

  function lose(why: string): void {
    socket = undefined;
    cancelTimer();
    const lost = [...pending.values()];
    pending.clear();
    for (const waiting of lost) {
      waiting.cancelTimeout();
      waiting.reject(new ClientError("link-lost", `the connection ended before the answer came: ${why}`));
    }
    if (state !== "closed") retry(why);
  }

  function retry(why: string): void {
    become("waiting", why);
    const full = Math.min(ceilingDelayMs, firstDelayMs * 2 ** Math.min(attempt++, 10));
    cancelTimer = options.after(full * (0.5 + (options.random?.() ?? 0.5) / 2), dial);
  }

  dial();
  return {
    get state() {
      return state;
    },
    opened() {
      if (state === "open") return Promise.resolve();
      if (state === "closed") return Promise.reject(new ClientError("closed", "this client was closed"));
      return new Promise((resolve, reject) => waiters.add({ resolve, reject }));
    },
    send(frame) {
      if (state !== "open" || !socket) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    request(frame) {
      if (state !== "open" || !socket) return Promise.reject(new ClientError("link-lost", "not connected to the gateway"));
      if (pending.size >= pendingMax) return Promise.reject(new ClientError("busy", `${pendingMax} requests wait for an answer already`));
      const requestId = frame.requestId ?? newId();
      const mine = socket;
      return new Promise<Answer>((resolve, reject) => {
        const cancelTimeout = options.after(options.requestTimeoutMs ?? 10_000, () => {
          pending.delete(requestId);
          reject(new ClientError("timeout", `the gateway did not answer ${frame.type} in time`));
        });
        pending.set(requestId, { resolve, reject, cancelTimeout });
        mine.send(JSON.stringify({ ...frame, requestId }));
      });
    },
    close() {
      if (state === "closed") return;
      const mine = socket;
      become("closed");
      lose("this client was closed");
      mine?.close(1000);
      for (const waiter of waiters) waiter.reject(new ClientError("closed", "this client was closed"));
      waiters.clear();
    },
  };
}

function socketUrl(url: string): string {
  if (url === "") return "/control";
  return `${url.replace(/^http/, "ws").replace(/\/$/, "")}/control`;
}

/** Undefined for what is not a frame; the gateway's own frames are trusted to have the shape of their type. */
function frameOf(data: unknown): ServerFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(data);
    return typeof parsed === "object" && parsed !== null && "type" in parsed ? (parsed as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
