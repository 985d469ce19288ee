import { compile, type Checker } from "#msgs/schema/check.ts";
import { clientFrames, type ClientFrame } from "#msgs/wire/client-frames.ts";
import { parseTime } from "#msgs/time.ts";
import { problemsOf } from "../checking.ts";
import type { Limits } from "./limits.ts";

export type Parsed = { readonly frame: ClientFrame } | { readonly bad: BadFrame };

/** What goes back as an error frame. `requestId` is given back whenever it could be made out. */
export interface BadFrame {
  readonly code: "bad-frame" | "unknown-type" | "too-deep";
  readonly message: string;
  readonly details?: readonly string[];
  readonly requestId?: string;
}

export type FrameParser = (text: string) => Parsed;

/** From text to a frame that has the shape of its type, or the reason why not. Never throws. */
export function frameParser(limits: Pick<Limits, "depth">): FrameParser {
  const checkers = new Map<string, Checker>(Object.entries(clientFrames).map(([type, schema]) => [type, compile(schema)]));
  const known = [...checkers.keys()].join(", ");

  return (text) => {
    if (depthOf(text, limits.depth) > limits.depth) {
      return { bad: { code: "too-deep", message: `the frame nests deeper than ${limits.depth} levels` } };
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { bad: { code: "bad-frame", message: "the frame is not JSON" } };
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { bad: { code: "bad-frame", message: 'a frame is a JSON object with a "type"' } };
    }
    const { type, requestId } = value as { type?: unknown; requestId?: unknown };
    const about = typeof requestId === "string" && requestId.length <= 64 ? { requestId } : {};
    if (typeof type !== "string") return { bad: { code: "bad-frame", message: 'the frame has no "type"', ...about } };
    const checker = checkers.get(type);
    if (!checker)
      return { bad: { code: "unknown-type", message: `no frame is called "${type.slice(0, 64)}"; there are ${known}`, ...about } };
    if (checker.check(value)) return checkTimes(value as ClientFrame, about);
    const details = problemsOf(checker.errors(value));
    return { bad: { code: "bad-frame", message: `${type}: ${details[0] ?? "not of the declared shape"}`, details, ...about } };
  };
}

const timeFields = ["expiresAt", "from", "to"] as const;

/** The schema knows what an instant looks like; the 31st of February passes it. */
function checkTimes(frame: ClientFrame, about: { requestId?: string }): Parsed {
  for (const field of timeFields) {
    // `to` of a lease is a person.
    if (field === "to" && frame.type === "lease.hand-over") continue;
    const value = (frame as unknown as Record<string, unknown>)[field];
    if (typeof value === "string" && parseTime(value) === undefined) {
      return { bad: { code: "bad-frame", message: `${frame.type}: ${field} is not an instant that exists: ${value}`, ...about } };
    }
  }
  return { frame };
}

/** How deep brackets nest, without parsing; stops counting just above `limit`. */
export function depthOf(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}
