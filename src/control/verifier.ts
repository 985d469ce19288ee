import type { Cancel, LiveTime } from "#src/contract/clock.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { CommandStep } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { Asker } from "./asker.ts";
import type { ControlTap } from "./control-tap.ts";
import type { Expectation, Observation, Seen } from "./evidence.ts";
import { judge } from "./evidence.ts";

/** What the plant showed. `silence` means that nobody can say. */
export interface Finding {
  readonly is: "match" | "differ" | "silence";
  readonly observed?: NonNullable<CommandStep["observed"]>;
  readonly message?: string;
}

export interface Question {
  /** Unique among the questions open at one time. */
  readonly id: string;
  /** The point that shows the effect. */
  readonly point: PointId;
  readonly target: Value;
  readonly tolerance: number;
  readonly withinMs: number;
  readonly holdMs: number;
  /** When the write was answered, or given up. */
  readonly after: Timestamp;
}

/** What was last seen counts as what the plant shows only while it is this fresh. */
const freshMs = 2_000;

export interface VerifierParts {
  readonly tap: ControlTap;
  readonly asker: Asker;
  readonly plant: Plant;
  readonly time: LiveTime;
}

/** Watches the timeline for what a command should bring about, and has the device asked as long as it takes. */
export class Verifier {
  readonly #parts: VerifierParts;

  constructor(parts: VerifierParts) {
    this.#parts = parts;
  }

  /** Calls back exactly once, unless cancelled. */
  watch(question: Question, found: (finding: Finding) => void): Cancel {
    const { plant } = this.#parts;
    const point = plant.points.get(question.point);
    if (!point) {
      found({ is: "silence", message: `${question.point}, which shows the effect, is not a point any more` });
      return () => {};
    }
    const watch = new Watch(this.#parts, question, found);
    watch.begin(point.key, point.device);
    return () => watch.end();
  }
}

class Watch {
  readonly #parts: VerifierParts;
  readonly #question: Question;
  readonly #found: (finding: Finding) => void;
  readonly #expectation: Expectation;
  readonly #key: string;
  readonly #windowEnds: Timestamp;
  #seen: Seen = {};
  #cancels: Cancel[] = [];

  constructor(parts: VerifierParts, question: Question, found: (finding: Finding) => void) {
    this.#parts = parts;
    this.#question = question;
    this.#found = found;
    const { target, tolerance, holdMs, after, withinMs } = question;
    this.#expectation = { target, tolerance, holdUs: microseconds(holdMs), after };
    this.#key = `evidence/${question.id}`;
    this.#windowEnds = after + microseconds(withinMs);
  }

  begin(key: number, device: string): void {
    const { tap, asker } = this.#parts;
    this.#cancels = [tap.watch(key, (seen) => this.#see(seen)), asker.want(device, this.#question.point), () => tap.forget(this.#key)];
    this.#deadline(this.#windowEnds);
  }

  end(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  #deadline(due: Timestamp): void {
    this.#parts.tap.at(due, this.#key, "duration", () => this.#timeIsUp());
  }

  #see(observation: Observation): void {
    const before = this.#seen.since;
    const { seen, judgement } = judge(this.#expectation, this.#seen, observation, this.#parts.time.trusted());
    this.#seen = seen;
    if (judgement === "held") return this.#finish("match");
    if (judgement === "matches" && before === undefined) this.#deadline(this.#holdEnds(seen.since!));
    if (judgement === "differs" && before !== undefined) this.#left(observation.at);
  }

  /** It was there and is not any more: while the window is open it may come back, after that it has come back to stay away. */
  #left(at: Timestamp): void {
    if (at >= this.#windowEnds) this.#finish("differ", "the plant showed it and then went back");
    else this.#deadline(this.#windowEnds);
  }

  /** Whoever has to be asked once more after the hold gets as long as the window was, and a second at least. */
  #holdEnds(since: Timestamp): Timestamp {
    return since + this.#expectation.holdUs + microseconds(Math.max(1_000, this.#question.withinMs));
  }

  #timeIsUp(): void {
    const { since, last } = this.#seen;
    const now = this.#parts.tap.now();
    if (since !== undefined)
      return this.#finish("silence", `the plant showed it, and nobody answered whether it stayed for ${this.#question.holdMs} ms`);
    if (!last)
      return this.#finish("silence", `nothing that counts as evidence came within ${Math.round(this.#question.withinMs) / 1_000} s`);
    if (now - last.at > microseconds(freshMs)) return this.#finish("silence", "the plant had not got there when it was last heard from");
    this.#finish("differ");
  }

  #finish(is: Finding["is"], message?: string): void {
    const { last } = this.#seen;
    this.end();
    const observed = last && { point: this.#question.point, value: last.value, quality: last.quality, sourceTime: last.sourceTime };
    const saying = message ?? (is === "differ" ? this.#differs(last!) : undefined);
    this.#found({ is, ...(observed && { observed }), ...(saying && { message: saying }) });
  }

  #differs(last: Observation): string {
    const { point, target, tolerance } = this.#question;
    const near = tolerance > 0 ? ` (give or take ${tolerance})` : "";
    return `${point} shows ${String(last.value)}, not ${String(target)}${near}`;
  }
}
