import type { Tap, TapFactory } from "#src/contract/bus.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Samples } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import { quality } from "#msgs/quality.ts";
import { OpenGaps, type Stretch } from "./open-gaps.ts";

/** Where a source that keeps its own record stands, as far as ours holds it. */
export interface Standing {
  readonly token: string;
  /** When this token was last put on record. */
  readonly at: Timestamp;
  /** What the source told without a break, in its own time; a new stretch begins where it says itself that rows are missing. */
  readonly told: readonly Stretch[];
}

/** What whoever fills from a device's own record asks ours. */
export interface Resume {
  standingOf(source: string): Standing | undefined;
  /** What was declared missing of a stream and not filled. */
  missing(stream: string): readonly Stretch[];
}

/** Stretches remembered of a source; older ones were declared long ago. */
const stretchesAtMost = 8;
const notBegun: Stretch = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };

/**
 * The last token of each source, taken from the batches that carry one, so that after a crash it goes on exactly where the
 * record stands: rows and token are one fact. Derived from facts alone, so recovery restores it like every other tap.
 */
export class ResumeTap implements Resume, Tap {
  readonly name = "resume";
  #standings = new Map<string, Standing>();
  readonly #gaps = new OpenGaps();

  readonly factory: TapFactory = () => this;

  see(fact: Fact): void {
    if (fact.kind === "samples" && fact.samples.resume) this.#take(fact.samples, fact.samples.resume, fact.at);
    else if (fact.kind === "gap") this.#gaps.see(fact);
  }

  due(): void {}

  standingOf(source: string): Standing | undefined {
    return this.#standings.get(source);
  }

  missing(stream: string): readonly Stretch[] {
    return this.#gaps.missing(stream);
  }

  save(): unknown {
    return structuredClone({ standings: this.#standings, gaps: this.#gaps.save() });
  }

  restore(state: unknown): void {
    const saved = state as { standings: Map<string, Standing>; gaps: unknown };
    this.#standings = saved.standings;
    this.#gaps.restore(saved.gaps);
  }

  #take(samples: Samples, { source, token }: { source: string; token: string }, at: Timestamp): void {
    this.#standings.set(source, { token, at, told: toldBy(samples, this.#standings.get(source)?.told ?? []) });
  }
}

function toldBy({ sourceTimes, qualities }: Samples, before: readonly Stretch[]): readonly Stretch[] {
  const told = [...before];
  for (let i = 0; i < sourceTimes.length; i++) {
    const time = sourceTimes[i]!;
    const last = told.at(-1);
    // A stretch that begins after it ends is one that has not begun.
    if (qualities[i] === quality.badNoValue) told.push(notBegun);
    else if (!last) told.push({ from: time, to: time });
    else told[told.length - 1] = { from: Math.min(last.from, time), to: Math.max(last.to, time) };
  }
  return told.slice(-stretchesAtMost);
}
