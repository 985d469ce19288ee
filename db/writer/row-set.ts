import type { PlacedEntry } from "../journal/segment.ts";
import { CopyBuffer } from "./copy-buffer.ts";
import { Newest } from "./newest.ts";

/** Bytes of one sample's row, nearly always. */
const bytesPerRow = 64;

/** Everything one transaction writes, worked out before it is opened. */
export class Rows {
  readonly samples: CopyBuffer;
  readonly texts = new CopyBuffer();
  readonly batches = new CopyBuffer();
  readonly facts = new CopyBuffer();
  readonly steps = new CopyBuffer();
  readonly derivations = new CopyBuffer();
  readonly checkpoints = new CopyBuffer();
  readonly gaps = new CopyBuffer();
  readonly newest: Newest;
  /** Plant descriptions, as they lie in the journal: they are large, and the server takes them apart. */
  plants: PlacedEntry[] = [];
  /** The oldest time of a sample; infinite when there is none. */
  oldest = Number.POSITIVE_INFINITY;

  /** Room for so many samples. */
  constructor(samples = 0) {
    this.samples = new CopyBuffer(bytesPerRow * samples);
    this.newest = new Newest(samples);
  }

  wipe(): void {
    const { samples, texts, batches, facts, steps, derivations, checkpoints, gaps, newest } = this;
    for (const part of [samples, texts, batches, facts, steps, derivations, checkpoints, gaps, newest]) part.wipe();
    this.plants = [];
    this.oldest = Number.POSITIVE_INFINITY;
  }
}

/** Room is given in such steps, so that a transaction somewhat larger than the last does without new memory. */
const roomStep = 16_384;
const roomKeptAtMost = 8 * roomStep;
/** One set is being stored while the next is made. */
const sparesAtMost = 2;

/** Sets of rows that were stored, for the next transactions: megabytes each, which would be new memory twice a second. */
export class SpareRows {
  #spares: Rows[] = [];

  take(samples: number): Rows {
    const room = Math.ceil(samples / roomStep) * roomStep;
    const spare = this.#spares.pop();
    // What an outage needed is not kept for a quiet plant.
    if (spare && spare.newest.room >= room && spare.newest.room <= 2 * room) return spare;
    return new Rows(room);
  }

  /** Only what was committed: of a transaction that failed, the connection may still be sending the bytes. */
  giveBack(rows: Rows): void {
    if (this.#spares.length >= sparesAtMost || rows.newest.room > roomKeptAtMost) return;
    rows.wipe();
    this.#spares.push(rows);
  }
}
