/** The part of a WebSocket that is used: browsers, Node's own and the `ws` package all have it. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listen: () => void): void;
  addEventListener(type: "message", listen: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listen: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: "error", listen: () => void): void;
}

/** The part of `fetch` that is used. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal; credentials?: "same-origin" },
) => Promise<{ ok: boolean; status: number; json(): Promise<unknown>; text(): Promise<string> }>;

export interface ClientOptions {
  /** Where the gateway serves: "http://127.0.0.1:4000". Empty in a browser that was served by it. */
  readonly url: string;
  /** `(url) => new WebSocket(url)`. */
  readonly socket: (url: string) => SocketLike;
  readonly fetch: FetchLike;
  /** A session token or an API key. Absent: the cookie of the browser, or none where the gateway asks for none. */
  readonly token?: string;
  /** A timer: `(ms, run) => { const t = setTimeout(run, ms); return () => clearTimeout(t); }`. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Spreads reconnection of many screens; a number in [0, 1). */
  readonly random?: () => number;
  /** An answer later than this counts as lost. */
  readonly requestTimeoutMs?: number;
  /** Silence longer than this, while a ping is out, means the connection is dead. */
  readonly aliveEveryMs?: number;
}

/** What the gateway or the way there said no with. `code` is the gateway's, or one of link-lost, timeout, closed, bad-answer. */
export class ClientError extends Error {
  readonly code: string;
  /** The HTTP status, when it came over HTTP. */
  readonly status: number | undefined;
  readonly details: readonly string[];

  constructor(code: string, message: string, more: { status?: number; details?: readonly string[] } = {}) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.status = more.status;
    this.details = more.details ?? [];
  }
}

/** Sixteen random bytes as hex: unique command ids also where `crypto.randomUUID` is missing (a page served over plain HTTP). */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Typed listeners by name. One that throws does not keep the others from hearing. */
export interface Emitter<Events extends Record<string, unknown>> {
  on<Name extends keyof Events>(name: Name, see: (data: Events[Name]) => void): () => void;
  emit<Name extends keyof Events>(name: Name, data: Events[Name]): void;
}

export function emitter<Events extends Record<string, unknown>>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(data: never) => void>>();
  return {
    on(name, see) {
      let set = listeners.get(name);
      if (!set) listeners.set(name, (set = new Set()));
      set.add(see as (data: never) => void);
      return () => set.delete(see as (data: never) => void);
    },
    emit(name, data) {
      let failure: unknown;
      for (const see of [...(listeners.get(name) ?? [])]) {
        try {
          see(data as never);
        } catch (error) {
          failure ??= error;
        }
      }
      // A listener's bug is told where the browser or Node shows it, after everybody has heard.
      if (failure !== undefined) queueMicrotask(() => Promise.reject(failure as Error));
    },
  };
}
