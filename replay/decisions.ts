import { createHash } from "node:crypto";
import type { Decided } from "#msgs/mission.ts";
import type { Derivation } from "#msgs/fact.ts";

/** One line a decision, the same for recorded and recomputed ones. */
export function lineOf({ at, seq, tap, subject, state, detail }: Derivation): string {
  return `${at} ${seq} ${tap} ${subject} ${state} ${detail ? JSON.stringify(detail) : ""}\n`;
}

/** Counts and hashes what taps decided, in order. */
export class Decisions {
  readonly #hash = createHash("sha256");
  #count = 0;

  add(derivation: Derivation): void {
    this.#hash.update(lineOf(derivation));
    this.#count++;
  }

  read(): Decided {
    return { count: this.#count, hash: this.#hash.copy().digest("hex") };
  }
}
