import type { GapFact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";

export interface Stretch {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

interface OpenGap extends Stretch {
  readonly stream: string;
  /** What was filled of it, by the stream that says so: one point may be whole again while its neighbours are not. */
  readonly fills: Map<string, Stretch[]>;
}

/** Only so many gaps are looked after; older ones stay in the ledger as they were declared. */
const gapsAtMost = 256;
/** And so many pieces that were filled of one gap for one stream. */
const piecesAtMost = 64;

/** Gaps that were declared, and what was filled of them since, as gap facts tell it: one in which nothing was lost is a filling. */
export class OpenGaps {
  #gaps: OpenGap[] = [];

  see({ stream, from, to, lost }: GapFact): void {
    if (lost === 0) return this.#fill(stream, { from, to });
    this.#gaps.push({ stream, from, to, fills: new Map() });
    if (this.#gaps.length > gapsAtMost) this.#gaps.shift();
  }

  /** What is declared missing of this stream, by itself or with everything else, and was not filled. */
  missing(stream: string): readonly Stretch[] {
    return this.#gaps.filter((gap) => isWithin(stream, gap.stream)).flatMap((gap) => remainder(gap, stream));
  }

  save(): unknown {
    return this.#gaps;
  }

  restore(state: unknown): void {
    this.#gaps = state as OpenGap[];
  }

  #fill(stream: string, piece: Stretch): void {
    for (const gap of this.#gaps) {
      if (!overlap(gap, piece) || !(isWithin(stream, gap.stream) || isWithin(gap.stream, stream))) continue;
      const pieces = gap.fills.get(stream) ?? [];
      if (pieces.length < piecesAtMost) gap.fills.set(stream, [...pieces, piece]);
    }
  }
}

/** Streams are named from the whole to the part: `*`, adapter, adapter/device, adapter/device/point. */
export function isWithin(stream: string, whole: string): boolean {
  return whole === "*" || stream === whole || stream.startsWith(`${whole}/`);
}

export function overlap(a: Stretch, b: Stretch): Stretch | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}

function remainder(gap: OpenGap, stream: string): readonly Stretch[] {
  const pieces = [...gap.fills].flatMap(([filled, some]) => (isWithin(stream, filled) ? some : []));
  return pieces.reduce<readonly Stretch[]>((left, piece) => left.flatMap((one) => without(one, piece)), [{ from: gap.from, to: gap.to }]);
}

function without(one: Stretch, piece: Stretch): readonly Stretch[] {
  if (!overlap(one, piece)) return [one];
  return [
    { from: one.from, to: piece.from },
    { from: piece.to, to: one.to },
  ].filter(({ from, to }) => from < to);
}
