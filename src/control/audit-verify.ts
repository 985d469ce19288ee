import { createPublicKey } from "node:crypto";
import type { ChainEntry, Checkpoint } from "./audit-chain.ts";
import { beforeFirst, entriesPerCheckpoint, entryHash, isSigned } from "./audit-chain.ts";

/** What `audit head` printed some time ago, kept where whoever holds the gateway cannot reach it. */
export interface KeptHead {
  readonly seq: number;
  readonly hash: string;
}

export interface VerifyOptions {
  readonly head?: KeptHead;
  /** PEM of the key to believe; without it the export vouches for itself, and the report says so. */
  readonly publicKey?: string;
}

export type Finding =
  | "altered" // its content is not what was hashed
  | "dropped" // entries are missing before this one
  | "reordered" // entries stand in another order
  | "rewritten" // the chain fits itself and not its signature
  | "forged" // the signature is not one, or by another key
  | "unsigned" // the signature that should be here is missing
  | "truncated" // entries up to the kept head are missing
  | "unreadable";

export type VerifyReport =
  | {
      readonly ok: true;
      readonly entries: number;
      readonly first: number;
      readonly last: number;
      readonly head: string;
      /** Entries after the last checkpoint: chained, not signed yet. */
      readonly unsigned: number;
      readonly trusts: "the key given" | "the key in the export";
    }
  | { readonly ok: false; readonly finding: Finding; readonly seq: number; readonly message: string };

/** Checks an export, one JSON document a line, without the gateway. Names the first thing that is wrong. */
export function verifyAudit(lines: Iterable<string>, options: VerifyOptions = {}): VerifyReport {
  const parsed = parse(lines);
  if ("ok" in parsed) return parsed;
  const chain = new Chain(options);
  const problem = chain.walk(parsed.entries, parsed.checkpoints);
  return problem ?? chain.report();
}

interface Parsed {
  readonly entries: readonly ChainEntry[];
  readonly checkpoints: ReadonlyMap<number, Checkpoint>;
}

type Problem = VerifyReport & { ok: false };

function parse(lines: Iterable<string>): Parsed | Problem {
  const entries: ChainEntry[] = [];
  const checkpoints = new Map<number, Checkpoint>();
  let number = 0;
  for (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    try {
      const value = JSON.parse(line) as ChainEntry | { checkpoint: Checkpoint };
      if ("checkpoint" in value) checkpoints.set(value.checkpoint.seq, value.checkpoint);
      else if (Number.isSafeInteger(value.seq) && typeof value.hash === "string") entries.push(value);
      else throw new Error("neither an entry nor a checkpoint");
    } catch {
      return problem("unreadable", entries.at(-1)?.seq ?? 0, `line ${number} cannot be read`);
    }
  }
  return { entries, checkpoints };
}

class Chain {
  readonly #options: VerifyOptions;
  #hash = beforeFirst;
  #first = 0;
  #last = 0;
  #signedUpTo = 0;
  #headSeen = false;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  walk(entries: readonly ChainEntry[], checkpoints: ReadonlyMap<number, Checkpoint>): Problem | undefined {
    const start = this.#begin(entries, checkpoints);
    if (start) return start;
    const later = new Set(entries.map(({ seq }) => seq));
    for (const entry of entries) {
      const wrong = this.#order(entry, later) ?? this.#content(entry) ?? this.#signature(checkpoints.get(entry.seq), entry.seq);
      if (wrong) return wrong;
    }
    return this.#end(checkpoints);
  }

  report(): VerifyReport {
    const entries = this.#last - this.#first + 1;
    const trusts = this.#options.publicKey ? "the key given" : "the key in the export";
    return { ok: true, entries, first: this.#first, last: this.#last, head: this.#hash, unsigned: this.#last - this.#signedUpTo, trusts };
  }

  /** A chain starts at its first entry, or right after a signed checkpoint when what came before was pruned. */
  #begin(entries: readonly ChainEntry[], checkpoints: ReadonlyMap<number, Checkpoint>): Problem | undefined {
    const earliest = entries.reduce((least, { seq }) => Math.min(least, seq), Infinity);
    const anchor = [...checkpoints.values()].filter(({ seq }) => seq < earliest).sort((a, b) => b.seq - a.seq)[0];
    this.#first = (anchor?.seq ?? 0) + 1;
    this.#last = this.#signedUpTo = anchor?.seq ?? 0;
    this.#hash = anchor?.hash ?? beforeFirst;
    if (!anchor) return undefined;
    this.#seeHead(anchor.seq);
    return this.#signature(anchor, anchor.seq);
  }

  #order(entry: ChainEntry, present: ReadonlySet<number>): Problem | undefined {
    const expected = this.#last + 1;
    if (entry.seq === expected) return undefined;
    if (entry.seq <= this.#last) return problem("reordered", entry.seq, `entry ${entry.seq} stands after entry ${this.#last}`);
    if (present.has(expected)) return problem("reordered", expected, `entry ${expected} does not stand where it belongs`);
    const missing = entry.seq - expected;
    return problem(
      "dropped",
      expected,
      `${missing === 1 ? `entry ${expected} is` : `entries ${expected} to ${entry.seq - 1} are`} missing`,
    );
  }

  #content(entry: ChainEntry): Problem | undefined {
    const hash = entryHash(this.#hash, entry.seq, entry.at, entry.kind, entry.by, JSON.stringify(entry.body));
    if (hash !== entry.hash) return problem("altered", entry.seq, `entry ${entry.seq} is not what was recorded`);
    this.#hash = hash;
    this.#last = entry.seq;
    return this.#seeHead(entry.seq);
  }

  #signature(checkpoint: Checkpoint | undefined, seq: number): Problem | undefined {
    if (!checkpoint) {
      if (seq - this.#signedUpTo < entriesPerCheckpoint) return undefined;
      return problem("unsigned", seq, `a signature is due after ${entriesPerCheckpoint} entries and none is there after entry ${seq}`);
    }
    if (!isSigned(checkpoint)) return problem("forged", seq, `the signature at entry ${seq} is not valid`);
    if (!this.#isTrusted(checkpoint)) return problem("forged", seq, `the signature at entry ${seq} is by another key`);
    if (checkpoint.hash !== this.#hash) {
      return problem("rewritten", this.#signedUpTo + 1, `entries ${this.#signedUpTo + 1} to ${seq} are not those that were signed`);
    }
    this.#signedUpTo = seq;
    return undefined;
  }

  #seeHead(seq: number): Problem | undefined {
    const { head } = this.#options;
    if (head?.seq !== seq) return undefined;
    this.#headSeen = true;
    return head.hash === this.#hash ? undefined : problem("rewritten", seq, `entry ${seq} is not the one the kept head names`);
  }

  #end(checkpoints: ReadonlyMap<number, Checkpoint>): Problem | undefined {
    const beyond = [...checkpoints.keys()].filter((seq) => seq > this.#last);
    if (beyond.length > 0)
      return problem(
        "dropped",
        this.#last + 1,
        `entries ${this.#last + 1} to ${Math.max(...beyond)} are missing: there is a signature for them`,
      );
    const { head } = this.#options;
    if (!head || this.#headSeen) return undefined;
    if (head.seq < this.#first)
      return problem("truncated", head.seq, `the kept head is entry ${head.seq} and the export begins at ${this.#first}`);
    return problem(
      "truncated",
      this.#last + 1,
      `entries ${this.#last + 1} to ${head.seq} are missing: the kept head names entry ${head.seq}`,
    );
  }

  #isTrusted(checkpoint: Checkpoint): boolean {
    if (!this.#options.publicKey) return true;
    return createPublicKey(this.#options.publicKey).export({ type: "spki", format: "der" }).toString("base64") === checkpoint.key;
  }
}

function problem(finding: Finding, seq: number, message: string): Problem {
  return { ok: false, finding, seq, message };
}
