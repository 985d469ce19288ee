import type { Reading } from "#src/contract/adapter.ts";
import type { PointId } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import { isBad, qualityWord } from "#msgs/quality.ts";

/** Points of one device whose reason is remembered; a device that refuses more says the same of all. */
const pointsAtMost = 1_000;
/** Lines about one device in the log, until it is configured anew: whoever needs more asks the gateway. */
const linesAtMost = 20;
const reasonsShown = 3;

/** Why points are bad although their device answers: what it said instead of a value. */
export class BadReadings {
  readonly #device: string;
  readonly #log: Log;
  readonly #why = new Map<PointId, string>();
  /** What the log has heard of already: a value that comes and goes is one piece of news. */
  readonly #told = new Set<PointId>();
  #lines = 0;

  constructor(device: string, log: Log) {
    this.#device = device;
    this.#log = log;
  }

  /** Takes what an answer says of these points; the answer is what kinds of bad are among them, each once. */
  see(points: readonly PointId[], readings: readonly Reading[]): ReadonlySet<string> {
    let kinds: Set<string> | undefined;
    let news: Map<string, PointId[]> | undefined;
    for (let index = 0; index < readings.length; index++) {
      const { reason, quality } = readings[index]!;
      if (reason === undefined || !isBad(quality)) {
        if (this.#why.size > 0) this.#why.delete(points[index]!);
        continue;
      }
      (kinds ??= new Set()).add(qualityWord(quality).replaceAll(" ", "-"));
      const point = points[index]!;
      if (this.#why.get(point) === reason || (this.#why.size >= pointsAtMost && !this.#why.has(point))) continue;
      this.#why.set(point, reason);
      news ??= new Map();
      news.set(reason, [...(news.get(reason) ?? []), point]);
    }
    if (news) this.#tell(news);
    return kinds ?? none;
  }

  /** For a person: what is wrong with how many points, most of them first; undefined when nothing is. */
  summary(): string | undefined {
    if (this.#why.size === 0) return undefined;
    const byReason = new Map<string, PointId[]>();
    for (const [point, reason] of this.#why) byReason.set(reason, [...(byReason.get(reason) ?? []), point]);
    const most = [...byReason].sort(([, a], [, b]) => b.length - a.length);
    const rest = most.length > reasonsShown ? `; ${most.length - reasonsShown} more reasons` : "";
    return most.slice(0, reasonsShown).map(([reason, points]) => `${named(points)}: ${reason}`).join("; ") + rest; // prettier-ignore
  }

  /** Its points are others now, or nothing of it can be believed: what was said is over. */
  forget(): void {
    this.#why.clear();
    this.#told.clear();
  }

  #tell(news: ReadonlyMap<string, readonly PointId[]>): void {
    for (const [reason, points] of news) {
      const unheard = points.filter((point) => !this.#told.has(point));
      if (unheard.length === 0 || this.#told.size > pointsAtMost) continue;
      for (const point of unheard) this.#told.add(point);
      if (++this.#lines <= linesAtMost) this.#log.warn(`${this.#device} answers, but not with ${named(unheard)}: ${reason}`);
    }
  }
}

const none: ReadonlySet<string> = new Set();

function named(points: readonly PointId[]): string {
  return points.length > 3 ? `${points.slice(0, 2).join(", ")} and ${points.length - 2} more` : points.join(", ");
}
