import type { PointId, Value } from "#msgs/point.ts";
import { Cadence } from "./cadence.ts";

/** In intervals: when a point that beats is silent, and when others are asked about for the first and the second time. */
const silentAfter = 2.5;
const askAfter = 1.5;
const askAgainAfter = 2.6;
/** Two answers that nobody told of lie at least this far apart, where the first came later: a change may just be on its way. */
const leastBetweenUs = 1_000_000;
/** A quiet point is asked about ever more rarely, up to this. */
const pauseAtMostUs = 600_000_000;

/** What is known of a point that has been quiet for longer than its rhythm. */
interface Doubt {
  askAtUs: number;
  pauseUs: number;
  /** The last answer was a change that had not been told. */
  isSuspect: boolean;
}

/** What an answer says of a point: its value, nothing (it is bad), that the device does not answer, or that it cannot be asked. */
export type Answer = { readonly value: Value | null } | "nothing" | "no answer" | "cannot be asked";

/**
 * Which points of one device have fallen silent although they should speak. Pure: it is told what was heard and answered, and says
 * whom to ask and who is silent. Outlives connections, so that a rhythm is known again at once and a silence is told once.
 */
export class Silence {
  readonly #cadences = new Map<PointId, Cadence>();
  readonly #doubts = new Map<PointId, Doubt>();
  /** Points about which nobody can be asked. */
  readonly #mute = new Set<PointId>();
  /** How often the site says a point speaks at the least, whether or not it changes. */
  readonly #declared = new Map<PointId, number>();
  readonly silent = new Set<PointId>();

  /** What the site says of these points, from now on. */
  expect(points: Iterable<readonly [PointId, speaksWithinUs: number | undefined]>): void {
    for (const [point, us] of points)
      if (us === undefined) this.#declared.delete(point);
      else this.#declared.set(point, us);
  }

  /** Answers with the points that were silent until now. */
  heard(nowUs: number, values: readonly (readonly [PointId, Value | null])[]): readonly PointId[] {
    const isWhole = values.every(([point, value]) => this.#cadenceOf(point).isUnchanged(value));
    const back: PointId[] = [];
    for (const [point, value] of values) {
      this.#cadenceOf(point).heard(nowUs, value, isWhole);
      this.#doubts.delete(point);
      if (this.silent.delete(point)) back.push(point);
    }
    return back;
  }

  /** Who is silent now, and whom to ask. */
  look(nowUs: number, points: readonly PointId[]): { readonly silent: readonly PointId[]; readonly ask: readonly PointId[] } {
    const silent: PointId[] = [];
    const ask: PointId[] = [];
    for (const point of points) {
      const cadence = this.#cadences.get(point);
      if (cadence?.lastUs === undefined || this.silent.has(point)) continue;
      const quietUs = nowUs - cadence.lastUs;
      if (quietUs > this.#silentAfterUs(point, cadence)) silent.push(point);
      else if (quietUs > this.#askAfterUs(point, cadence) && nowUs >= (this.#doubts.get(point)?.askAtUs ?? 0)) ask.push(point);
    }
    for (const point of silent) this.silent.add(point);
    if (this.silent.size > 0) silent.push(...this.#companions(nowUs, points));
    return { silent, ask };
  }

  /** What came evenly, and last in the very message of a point that is silent, is silent with it. */
  #companions(nowUs: number, points: readonly PointId[]): readonly PointId[] {
    const messages = new Set([...this.silent].map((point) => this.#cadences.get(point)?.lastUs));
    const found = points.filter((point) => {
      const { lastUs, expectedUs } = this.#cadences.get(point) ?? {};
      if (lastUs === undefined || expectedUs === undefined || !this.#mute.has(point) || this.silent.has(point)) return false;
      return messages.has(lastUs) && nowUs - lastUs > expectedUs * silentAfter;
    });
    for (const point of found) this.silent.add(point);
    return found;
  }

  /** When quiet is enough to be silent; never where only an answer shows more. */
  #silentAfterUs(point: PointId, { rhythm, expectedUs }: Cadence): number {
    const isMute = this.#mute.has(point);
    if (expectedUs !== undefined && (rhythm === "beats" || (isMute && rhythm === "repeats"))) return expectedUs * silentAfter;
    // It changes, and nobody can be asked: what the site says of it is all there is to go by.
    return isMute ? Math.max(this.#declared.get(point) ?? Infinity, (expectedUs ?? 0) * silentAfter) : Infinity;
  }

  #askAfterUs(point: PointId, { rhythm, expectedUs }: Cadence): number {
    if (this.#mute.has(point)) return Infinity;
    if (expectedUs === undefined) return this.#declared.get(point) ?? Infinity;
    return rhythm === "beats" ? Infinity : expectedUs * askAfter;
  }

  /** What came of asking; answers whether that makes the point silent. One that was heard meanwhile is not doubted any more. */
  answered(nowUs: number, point: PointId, askedUs: number, answer: Answer): boolean {
    const cadence = this.#cadenceOf(point);
    const { expectedUs = this.#declared.get(point), lastUs = nowUs } = cadence;
    if (expectedUs === undefined || lastUs > askedUs || this.silent.has(point)) return false;
    if (answer === "cannot be asked") {
      this.#mute.add(point);
      return false;
    }
    const doubt = this.#doubts.get(point) ?? { askAtUs: 0, pauseUs: expectedUs, isSuspect: false };
    this.#doubts.set(point, doubt);
    if (answer === "no answer" || (answer !== "nothing" && cadence.wouldHaveTold(answer.value))) {
      if (doubt.isSuspect) {
        this.silent.add(point);
        return true;
      }
      doubt.isSuspect = true;
      const early = lastUs + expectedUs * askAgainAfter;
      doubt.askAtUs = early > nowUs ? early : nowUs + Math.max(leastBetweenUs, expectedUs);
      return false;
    }
    doubt.isSuspect = false;
    doubt.askAtUs = nowUs + doubt.pauseUs;
    doubt.pauseUs = Math.min(doubt.pauseUs * 2, pauseAtMostUs);
    return false;
  }

  /** Nobody could have been heard before this: a new subscription, or time in which we stood still. */
  waitFrom(atUs: number): void {
    for (const cadence of this.#cadences.values()) cadence.waitFrom(atUs);
  }

  /** Who was not heard before `sinceUs` cannot be blamed for the time until now in which we stood still. */
  stoodStill(sinceUs: number, us: number): void {
    for (const cadence of this.#cadences.values())
      if (cadence.lastUs !== undefined && cadence.lastUs <= sinceUs) cadence.waitFrom(cadence.lastUs + us);
  }

  /** The shortest interval of those that have a rhythm; undefined when none has. */
  get shortestUs(): number | undefined {
    let shortest: number | undefined;
    for (const { expectedUs } of this.#cadences.values())
      if (expectedUs !== undefined && expectedUs < (shortest ?? Infinity)) shortest = expectedUs;
    return shortest;
  }

  /** How long the slowest of the silent points takes between two words. */
  get slowestSilentUs(): number {
    return Math.max(0, ...[...this.silent].map((point) => this.#cadenceOf(point).expectedUs ?? this.#declared.get(point) ?? 0));
  }

  /** When the last of the silent points was heard last. */
  get lastHeardUs(): number {
    return Math.max(0, ...[...this.silent].map((point) => this.#cadenceOf(point).lastUs ?? 0));
  }

  /** Points that left, or mean something else from now on. */
  forget(points: Iterable<PointId>): void {
    for (const point of points)
      for (const known of [this.#cadences, this.#doubts, this.#mute, this.#declared, this.silent]) known.delete(point);
  }

  #cadenceOf(point: PointId): Cadence {
    let cadence = this.#cadences.get(point);
    if (!cadence) this.#cadences.set(point, (cadence = new Cadence()));
    return cadence;
  }
}
