import type { Value } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { SampleOrigin } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import { isGood, quality } from "#msgs/quality.ts";

/** One value of the point that shows the effect, as the bus brought it. */
export interface Observation {
  readonly value: Value | null;
  readonly quality: Quality;
  readonly sourceTime: Timestamp;
  readonly at: Timestamp;
  readonly origin: SampleOrigin;
  readonly askedAt?: Timestamp;
  readonly deviceTimes?: true;
}

export interface Expectation {
  readonly target: Value;
  readonly tolerance: number;
  readonly holdUs: number;
  /** When the write was answered. What was true before says nothing. */
  readonly after: Timestamp;
}

/** What has been seen so far; `since` is when the present run of matching values was first known. */
export interface Seen {
  readonly since?: Timestamp;
  readonly last?: Observation;
}

export type Judgement = "no evidence" | "matches" | "differs" | "held";

/**
 * When a value was certainly true, or undefined when it cannot be evidence: asked before the write was answered, cached by a
 * broker, dug out of a trend log, or dated by ourselves on receipt.
 */
export function trueAt(observation: Observation, after: Timestamp, isTimeTrusted: boolean): Timestamp | undefined {
  const { origin, askedAt, sourceTime, quality: byte } = observation;
  if (origin === "asked") return askedAt !== undefined && askedAt > after ? askedAt : undefined;
  if (origin !== "pushed" || !observation.deviceTimes || !isTimeTrusted || byte === quality.uncertainTime) return undefined;
  // A clock that runs ahead of ours cannot be told from one that is right; one that claims the future can.
  return sourceTime > after && sourceTime <= observation.at ? sourceTime : undefined;
}

/** Good, or good but doubtfully dated where the date does not matter because we asked. */
export function isUsable(observation: Observation): boolean {
  if (observation.value === null) return false;
  return isGood(observation.quality) || (observation.origin === "asked" && observation.quality === quality.uncertainTime);
}

export function isNear(observed: Value, target: Value, tolerance: number): boolean {
  if (typeof observed === "string" || typeof target === "string") return String(observed) === String(target);
  return Math.abs(Number(observed) - Number(target)) <= tolerance;
}

/**
 * One more observation. A value that leaves again starts the hold anew: an overshoot is not a mismatch, and one that comes
 * back for good never completes its hold.
 */
export function judge(
  expectation: Expectation,
  seen: Seen,
  observation: Observation,
  isTimeTrusted: boolean,
): { seen: Seen; judgement: Judgement } {
  const when = trueAt(observation, expectation.after, isTimeTrusted);
  if (when === undefined || !isUsable(observation)) return { seen, judgement: "no evidence" };
  if (!isNear(observation.value!, expectation.target, expectation.tolerance)) return { seen: { last: observation }, judgement: "differs" };
  const since = seen.since ?? observation.at;
  const isHeld = expectation.holdUs === 0 || (seen.since !== undefined && when >= since + expectation.holdUs);
  return { seen: { since, last: observation }, judgement: isHeld ? "held" : "matches" };
}
