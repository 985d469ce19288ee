import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { Station } from "../link/station.ts";
import type { PeerLimits } from "./limits.ts";
import type { SegmentReceiver, SegmentSender } from "./segments.ts";

export interface RequestOptions {
  readonly service: number;
  readonly data: Buffer;
  readonly limits: PeerLimits;
  readonly timeoutMs: number;
  /** How often it is said again when nothing comes back; 0 for what must be sent once. */
  readonly retries: number;
  /** The answer may come in segments: one such request at a time, because small devices have room for one. */
  readonly large?: boolean;
  readonly signal: AbortSignal;
  /** For messages about it: "read of analog-input:3 at 192.0.2.7:47808". */
  readonly what: string;
}

/** A request from when it was asked until it has an answer. */
export interface Pending {
  readonly to: Station;
  readonly options: RequestOptions;
  readonly settle: (outcome: Buffer | GatewayError) => void;
  invokeId: number;
  sends: number;
  cancelTimer: Cancel;
  /** Counts against the bound on all devices together. Given back after the first time-out: the dead hold up nobody. */
  holdsPlace: boolean;
  sentAt: number;
  sender?: SegmentSender;
  receiver?: SegmentReceiver;
}

/** What is under way to one device, and what waits for it. */
export interface Lane {
  readonly inFlight: Map<number, Pending>;
  readonly waiting: Pending[];
  largeInFlight: boolean;
  nextId: number;
}

/** An invoke id that is not in use; 255 of them turn, so that one given up is not soon taken again. */
export function freeInvokeId(lane: Lane): number {
  for (let tries = 0; tries < 255; tries++) {
    lane.nextId = (lane.nextId % 255) + 1;
    if (!lane.inFlight.has(lane.nextId)) return lane.nextId;
  }
  throw new Error("broken assumption: more than 255 requests under way to one device");
}

export function timedOut(pending: Pending): GatewayError {
  const { what, timeoutMs } = pending.options;
  const said = pending.sends > 1 ? `, asked ${pending.sends} times` : "";
  return new GatewayError("timeout", `${what}: no answer in ${timeoutMs} ms${said}`, { sent: true });
}
