import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { clientFrameTypes } from "#msgs/wire/frame-types.ts";
import type { Callers } from "../auth/caller.ts";
import { notBuilt } from "../not-available.ts";
import type { Refusal, Services } from "../services.ts";
import { DroppedFrames } from "./dropped-frames.ts";
import { openSession, type Session, type SessionParts } from "./session.ts";

/** The WebSocket endpoint at /control. */
export interface ControlSocket {
  readonly sessions: ReadonlySet<Session>;
  close(): Promise<void>;
}

export function openControlSocket(http: HttpServer, callers: Callers, parts: Omit<SessionParts, "features" | "dropped">): ControlSocket {
  const { limits, time, log, auth } = parts;
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.frameBytes, perMessageDeflate: false, clientTracking: false });
  const sessions = new Set<Session>();
  const features = featuresOf(parts.services);
  const { audit, timeline } = parts.services;
  const dropped = new DroppedFrames({ audit, now: () => timeline.clock.now(), time });
  let closing = false;

  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    void upgrade(request, socket, head).catch((error: unknown) => {
      log.error("an upgrade failed", { error: String(error) });
      socket.destroy();
    });
  });

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = (request.url ?? "").split("?")[0];
    if (path !== "/control") return refuse(socket, 404, "not-found", "WebSockets are served at /control");
    if (closing) return refuse(socket, 503, "closing", "the gateway is stopping");
    const call = { method: "GET", headers: request.headers, remoteAddress: request.socket.remoteAddress ?? "" };
    const foreign = callers.foreign(call);
    if (foreign) {
      parts.services.audit({ act: "refused", by: "unknown", data: { asked: "/control", from: call.remoteAddress, ...foreign } });
      return refuse(socket, 403, foreign.code, foreign.message);
    }
    // A stale cookie is no reason to shut the door: the first frame may sign in.
    const outcome = await callers.identify(call);
    const first = outcome && "ok" in outcome ? outcome.ok : undefined;
    if (socket.destroyed) return;
    const address = callers.addressOf(call);
    const full = first ? refuseSession() : refuseSigningIn(address);
    if (full) return refuse(socket, 503, full.code, full.message);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const session = openSession(webSocket, socket, { address, first, hasPlace: () => !refuseSession() }, { ...parts, features, dropped });
      sessions.add(session);
      webSocket.on("close", () => sessions.delete(session));
    });
  }

  function refuseSession(): Refusal | undefined {
    if (count(({ signedIn }) => signedIn !== undefined) < limits.sessions) return undefined;
    return { code: "too-many-sessions", message: `${limits.sessions} sessions are open already` };
  }

  /** Whoever has not signed in takes one of a few places of their own, and never one of those who have. */
  function refuseSigningIn(address: string): Refusal | undefined {
    const isSigningIn = ({ signedIn }: Session): boolean => signedIn === undefined;
    const own = count((session) => isSigningIn(session) && session.address === address);
    if (own < limits.signingInPerAddress && count(isSigningIn) < limits.signingIn) return undefined;
    return { code: "too-many-signing-in", message: "too many sockets have not signed in yet; try again in a few seconds" };
  }

  function count(wanted: (session: Session) => boolean): number {
    let found = 0;
    for (const session of sessions) if (wanted(session)) found++;
    return found;
  }

  const cancelPing = time.every(limits.pingMs, () => {
    for (const session of sessions) session.check();
  });
  const forget = auth.onEnded((credential) => {
    for (const session of sessions) if (session.signedIn?.credential === credential) session.end(4401, "the sign-in was ended");
  });

  return {
    sessions,
    async close() {
      closing = true;
      cancelPing();
      forget();
      for (const session of sessions) session.end(1001, "the gateway is stopping");
      dropped.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What a client may count on: every frame type that is built in this gateway. */
export function featuresOf(services: Services): string[] {
  return clientFrameTypes.filter((type) => {
    if (notBuilt.has(type)) return false;
    if (type.startsWith("mission.")) return services.missions !== undefined;
    if (/^(lease\.|recipe\.|overrides\.|command\.(release|select))/.test(type)) {
      return services.control?.handles.has(type as never) ?? false;
    }
    return true;
  });
}

function refuse(socket: Duplex, status: number, code: string, message: string): void {
  const body = JSON.stringify({ code, message });
  socket.end(
    `HTTP/1.1 ${status} ${status === 403 ? "Forbidden" : status === 404 ? "Not Found" : "Service Unavailable"}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
