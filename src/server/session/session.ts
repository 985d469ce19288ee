import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ClientFrame, ClientFrameOf } from "#msgs/wire/client-frames.ts";
import { isMissionFrame, isWriteFrame } from "#msgs/wire/frame-types.ts";
import { formatTime } from "#msgs/time.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Log } from "#src/kit/log.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Auth, SignedIn } from "../auth/auth.ts";
import { hasRight, sightOf } from "../auth/rights.ts";
import type { EdgeTime } from "../edge-time.ts";
import type { MissionDesk } from "../missions.ts";
import type { Services } from "../services.ts";
import type { Writes } from "../writes.ts";
import { answerWrite } from "./commands.ts";
import type { DroppedFrames } from "./dropped-frames.ts";
import type { FrameParser } from "./frames.ts";
import type { Hub } from "./hub.ts";
import { allowance, type Limits } from "./limits.ts";
import { answerMission } from "./mission-commands.ts";
import { replyBy } from "./reply.ts";
import { openSubscriptions, type Subscriptions } from "./subscriptions.ts";

export interface SessionParts {
  readonly services: Services;
  readonly auth: Auth;
  readonly writes: Writes;
  readonly missions: MissionDesk;
  readonly hub: Hub;
  readonly parse: FrameParser;
  readonly limits: Limits;
  readonly time: EdgeTime;
  readonly log: Log;
  readonly features: readonly string[];
  readonly dropped: DroppedFrames;
}

export interface Session {
  readonly signedIn: SignedIn | undefined;
  readonly address: string;
  readonly waitingBytes: number;
  end(code: number, reason: string): void;
  /** Looks whether the credential still stands and whether the other side still lives. */
  check(): void;
}

/** Who the upgrade said is calling. */
export interface Caller {
  readonly address: string;
  readonly first: SignedIn | undefined;
  /** Whether there is a place for one more that has signed in. */
  readonly hasPlace: () => boolean;
}

/** Close codes: 1013 no place, 4401 not signed in (any more), 4408 no sign of life, 4413 reads too slowly, 4429 sends too much. */
export const closeCodes = { full: 1013, signIn: 4401, silent: 4408, slow: 4413, flood: 4429 } as const;

/** Frames that may wait while a sign-in is being checked. */
const waitingMax = 100;

/** One connection: who it is, what it listens to, and what it is answered. */
export function openSession(socket: WebSocket, raw: Duplex, caller: Caller, parts: SessionParts): Session {
  const { address, first } = caller;
  const { services, auth, hub, limits, time, log } = parts;
  const rate = allowance(limits.framesPerSecond, limits.frameBurst);
  const reply = replyBy(send);
  let signedIn: SignedIn | undefined;
  let subscriptions: Subscriptions | undefined;
  let waiting: string[] | undefined;
  let refusedForRate = 0;
  let silentChecks = 0;
  let corked = false;
  let ended = false;

  const cancelSignIn = time.after(limits.signInMs, () => {
    if (!signedIn) end(closeCodes.signIn, `not signed in within ${limits.signInMs / 1000} s`);
  });
  listen();
  if (first) become(first);
  greet();

  function listen(): void {
    socket.on("message", (data, isBinary) => {
      silentChecks = 0;
      if (isBinary) return reply.error({ code: "bad-frame", message: "frames are text, not binary" }, undefined);
      receive(String(data));
    });
    socket.on("pong", () => (silentChecks = 0));
    socket.on("close", leave);
    socket.on("error", (error) => log.debug("socket failed", { address, message: messageOf(error) }));
  }

  function greet(): void {
    const principal = signedIn?.principal;
    const { name: site, version } = services.site;
    const free = signedIn?.credential === "loopback";
    const by = principal ? {} : { signInBy: formatTime(services.timeline.clock.now() + limits.signInMs * 1000) };
    const notice = free ? { notice: `no sign-in is asked of connections from this machine (auth.loopback: ${principal?.role ?? ""})` } : {};
    const data = { type: "connected", features: [...parts.features], site, version, ...(principal && { principal }), ...by, ...notice };
    send({ type: "event", timeline: "live", data });
  }

  function become(who: SignedIn): void {
    subscriptions?.close();
    signedIn = who;
    cancelSignIn();
    subscriptions = openSubscriptions({
      hub,
      limits,
      sight: sightOf(who.principal, services.plant, services.areas),
      send: sendBytes,
      slow: isSlow,
    });
  }

  function receive(text: string): void {
    if (!rate.take(time.monotonicMs())) return tooMany();
    refusedForRate = 0;
    if (!waiting) return take(text);
    if (waiting.length < waitingMax) waiting.push(text);
    else reply.error({ code: "busy", message: "too many frames before the sign-in was answered" }, undefined);
  }

  function tooMany(): void {
    refusedForRate++;
    parts.dropped.note({ by: nameOf(signedIn), from: address });
    // One answer, not as many as there are frames: a flood must not be answered with a flood.
    if (refusedForRate === 1) {
      reply.error(
        { code: "too-many-frames", message: `at most ${limits.framesPerSecond} frames a second; those beyond are not taken` },
        undefined,
      );
    }
    if (refusedForRate >= limits.floodFrames) {
      services.audit({ act: "flood", by: nameOf(signedIn), data: { from: address } });
      end(closeCodes.flood, "too many frames");
    }
  }

  function take(text: string): void {
    const parsed = parts.parse(text);
    if ("bad" in parsed) return reply.error(parsed.bad, parsed.bad.requestId);
    try {
      const answered = answer(parsed.frame);
      if (answered) answered.catch((error: unknown) => failed(parsed.frame, error));
    } catch (error) {
      failed(parsed.frame, error);
    }
  }

  /** Ours, not the client's: it is told that nothing is known of its frame, and the log has why. */
  function failed(frame: ClientFrame, error: unknown): void {
    log.error("a frame could not be worked on", {
      frame: frame.type,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    reply.error({ code: "internal", message: `the gateway failed on ${frame.type}; its log says why` }, frame.requestId);
  }

  function answer(frame: ClientFrame): void | Promise<void> {
    if (frame.type === "auth") return signIn(frame);
    if (frame.type === "ping") return pong(frame.requestId);
    const by = principal();
    if (!by) return reply.error({ code: "sign-in-needed", message: "sign in first: {type: auth, token}" }, frame.requestId);
    if (isWriteFrame(frame)) return answerWrite(frame, by, { writes: parts.writes, reply, send, now: () => services.timeline.clock.now() });
    if (isMissionFrame(frame)) return answerMission(frame, by, parts.missions, reply);
    if (!hasRight(by, "read")) return reply.rejected(frame, { code: "no-right", message: `${by.name} may not read` });
    subscriptions?.answer(frame, reply);
  }

  function pong(requestId: string | undefined): void {
    const now = formatTime(services.timeline.clock.now());
    send({ type: "pong", timeline: "live", now, ...(requestId !== undefined && { requestId }) });
  }

  /** As the rights are now, not as they were when the connection was made. */
  function principal(): Principal | undefined {
    const now = signedIn && auth.current(signedIn);
    if (signedIn && !now) end(closeCodes.signIn, "the sign-in has expired or was ended");
    return now;
  }

  async function signIn(frame: ClientFrameOf<"auth">): Promise<void> {
    waiting = [];
    try {
      const outcome = await auth.check(frame.token, address);
      if (ended) return;
      if ("refused" in outcome) return reply.error(outcome.refused, frame.requestId);
      if (!signedIn && !caller.hasPlace()) {
        reply.error({ code: "too-many-sessions", message: `${limits.sessions} sessions are open already` }, frame.requestId);
        return end(closeCodes.full, "too many sessions");
      }
      become(outcome.ok);
      reply.success(frame, { data: { principal: outcome.ok.principal } });
      send({ type: "event", timeline: "live", data: { type: "signed-in", principal: outcome.ok.principal } });
    } finally {
      const held = waiting;
      waiting = undefined;
      for (const text of held) take(text);
    }
  }

  function send(frame: ServerFrame): void {
    sendBytes(JSON.stringify(frame));
  }

  /** All frames of one turn go out in one system call: a command alone makes an ack and several events. */
  function sendBytes(bytes: Buffer | string): void {
    if (ended) return;
    if (!corked) {
      corked = true;
      raw.cork();
      process.nextTick(uncork);
    }
    socket.send(bytes, { binary: false });
    if (socket.bufferedAmount > limits.endBytes) end(closeCodes.slow, "reads too slowly: events no longer get through");
  }

  function uncork(): void {
    corked = false;
    raw.uncork();
  }

  function isSlow(): boolean {
    return socket.bufferedAmount > limits.slowBytes;
  }

  function end(code: number, reason: string): void {
    if (ended) return;
    leave();
    socket.close(code, reason.slice(0, 120));
    // A close handshake needs a peer that reads; one that does not is cut off.
    time.after(2_000, () => socket.terminate());
  }

  function leave(): void {
    ended = true;
    cancelSignIn();
    subscriptions?.close();
    subscriptions = undefined;
  }

  function check(): void {
    if (ended || (signedIn && !principal())) return;
    if (++silentChecks > 2) {
      end(closeCodes.silent, "no sign of life");
      socket.terminate();
    } else socket.ping();
  }

  return {
    address,
    get signedIn() {
      return signedIn;
    },
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    end,
    check,
  };
}

function nameOf(who: SignedIn | undefined): string {
  return who?.principal.name ?? "unknown";
}
