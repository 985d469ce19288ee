import type { JournalEntry } from "#src/contract/store.ts";
import type { Checkpoint } from "#src/contract/timeline.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import { GatewayError, unreachable } from "#src/kit/errors.ts";
import { decodeExact, encodeExact } from "./exact.ts";
import { decodeSamples, encodeSamples } from "./samples.ts";

/** How an entry is told apart in a row; the numbers are stored and never change their meaning. */
export const entryKind = { samples: 1, fact: 2, derived: 3, checkpoint: 4, config: 5 } as const;
export type EntryKind = (typeof entryKind)[keyof typeof entryKind];

/** An entry as it is stored: what readers sort and count by in plain sight, the rest as bytes. */
export interface StoredEntry {
  readonly kind: EntryKind;
  readonly at: number;
  readonly seq: number;
  /** How many samples it carries. */
  readonly samples: number;
  readonly body: Uint8Array;
}

export function encodeEntry(entry: JournalEntry): StoredEntry {
  switch (entry.kind) {
    case "fact":
      return encodeFact(entry.fact);
    case "derived": {
      const { at, seq, ...rest } = entry.derivation;
      return { kind: entryKind.derived, at, seq, samples: 0, body: encodeExact(rest) };
    }
    case "checkpoint": {
      const { at, seq } = entry.checkpoint;
      return { kind: entryKind.checkpoint, at, seq, samples: 0, body: encodeExact(entry.checkpoint) };
    }
    default:
      return unreachable(entry);
  }
}

function encodeFact(fact: Fact): StoredEntry {
  const { at, seq, ...rest } = fact;
  if (fact.kind === "samples") {
    return { kind: entryKind.samples, at, seq, samples: fact.samples.keys.length, body: encodeSamples(fact.samples) };
  }
  const kind = fact.kind === "config" ? entryKind.config : entryKind.fact;
  return { kind, at, seq, samples: 0, body: encodeExact(rest) };
}

/** Throws a GatewayError "damaged" when the bytes do not say what they should. */
export function decodeEntry(stored: StoredEntry): JournalEntry {
  const { at, seq } = stored;
  try {
    switch (stored.kind) {
      case entryKind.samples: {
        const samples = decodeSamples(stored.body);
        if (!samples) throw new Error("these bytes are no batch of samples");
        return { kind: "fact", fact: { at, seq, kind: "samples", samples } };
      }
      case entryKind.fact:
      case entryKind.config:
        return { kind: "fact", fact: { at, seq, ...(decodeExact(stored.body) as object) } as Fact };
      case entryKind.derived:
        return { kind: "derived", derivation: { at, seq, ...(decodeExact(stored.body) as object) } as Derivation };
      case entryKind.checkpoint:
        return { kind: "checkpoint", checkpoint: decodeExact(stored.body) as Checkpoint };
      default:
        throw new Error(`no entry is of kind ${String(stored.kind satisfies never)}`);
    }
  } catch (cause) {
    throw new GatewayError("damaged", `entry ${seq} of the record cannot be read back`, { cause });
  }
}
