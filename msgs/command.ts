import type { Quality } from "./quality.ts";
import type { DeviceId, PointId, Value } from "./point.ts";
import type { Timestamp } from "./time.ts";

/** 1 manual life safety … 8 manual operator … 16 lowest: BACnet's sixteen, on every protocol. */
export type Priority = number;

/** What somebody wants done. The id is the client's choice, so that sending it twice is harmless. */
export interface Command {
  readonly id: string;
  readonly act: CommandAct;
  readonly priority: Priority;
  /** How long a held value lives before it releases itself; absent means until released. */
  readonly ttlMs?: number;
  /** What the person saw when deciding; refused when it is no longer so. */
  readonly expected?: Value;
  readonly reason?: string;
  /** Not sent after this. */
  readonly expiresAt?: Timestamp;
  /** What the client's frame was, so that events carry the same family name ("valve.actuate"). */
  readonly asked: string;
}

export type CommandAct =
  | { readonly do: "set"; readonly point: PointId; readonly value: Value }
  | { readonly do: "release"; readonly point: PointId }
  | { readonly do: "call"; readonly device: DeviceId; readonly method: string; readonly args: Readonly<Record<string, unknown>> };

export const commandEnds = ["confirmed", "masked", "mismatch", "rejected", "failed", "expired", "cancelled", "unknown"] as const;
/** A command ends in exactly one of these. */
export type CommandEnd = (typeof commandEnds)[number];

export const commandStates = ["recorded", "held", "released", "sending", "sent", ...commandEnds] as const;
/**
 * `recorded` and `sending` are durable before anything follows from them. `held` waits for a second person, `released` has
 * one, `sent` was answered by the device and waits for evidence.
 */
export type CommandState = (typeof commandStates)[number];

export function isEnd(state: CommandState): state is CommandEnd {
  return (commandEnds as readonly string[]).includes(state);
}

export interface CommandStep {
  readonly command: Command;
  readonly state: CommandState;
  /** Who asked; for a second person's release, who released. */
  readonly by: string;
  /** Machine-readable cause of an end that is not `confirmed`. */
  readonly code?: string;
  /** The same for a person. */
  readonly message?: string;
  readonly observed?: { readonly point: PointId; readonly value: Value | null; readonly quality: Quality; readonly sourceTime: Timestamp };
  /** For `masked`: which slot holds the output. */
  readonly heldBy?: { readonly priority: Priority; readonly value: Value };
}
