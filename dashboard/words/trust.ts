import { isBad, isGood, quality, qualityWord, type Quality } from "#msgs/quality.ts";
import type { LinkState } from "#msgs/fact.ts";

/**
 * How far something on the screen may be believed. `unknown` is its own kind: nothing was heard, or the gateway is out of
 * reach, so that even a value that was good when it came is not known to be so now.
 */
export type Trust = "good" | "uncertain" | "bad" | "unknown";

/** Worse is larger. */
const ranks: Readonly<Record<Trust, number>> = { good: 0, uncertain: 1, unknown: 2, bad: 3 };

export function worse(one: Trust, other: Trust): Trust {
  return ranks[one] >= ranks[other] ? one : other;
}

export function trustOf(byte: Quality | undefined): Trust {
  if (byte === undefined) return "unknown";
  if (isGood(byte)) return "good";
  return isBad(byte) ? "bad" : "uncertain";
}

export function trustOfLink(state: LinkState | undefined): Trust {
  if (state === undefined || state === "connecting") return "unknown";
  if (state === "up") return "good";
  return state === "silent" ? "uncertain" : "bad";
}

/** A mark that says the same without colour. */
export const trustMark: Readonly<Record<Trust, string>> = { good: "·", uncertain: "▲", bad: "✕", unknown: "?" };

/** What stands in the quality column. */
export function qualityText(byte: Quality | undefined): string {
  if (byte === undefined) return "not heard yet";
  if (byte === quality.uncertainStale) return "stale";
  return qualityWord(byte)
    .replace(/^uncertain (?=.)/, "uncertain: ")
    .replace(/^bad (?=.)/, "bad: ")
    .replace(/^good (?=.)/, "good: ");
}
