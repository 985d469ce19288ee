import { isBitTable, widthOf, type Stretch, type Table } from "./address.ts";
import type { Shape } from "./codec.ts";
import { readQuestion, type Question } from "./pdu.ts";

/** What one device can take in one read. */
export interface ReadLimits {
  readonly maxRegisters: number;
  readonly maxBits: number;
  readonly maxGap: number;
  readonly maxGapBits: number;
  readonly forbidden: readonly Stretch[];
}

/** One wanted value: `index` is its place in the caller's list. */
export interface Wanted {
  readonly index: number;
  readonly shape: Shape;
}

/**
 * One request and the values its answer holds, in the order of their addresses. In columns: a site may have a hundred thousand
 * of them, and what they look like is much the same for all.
 */
export class Block {
  readonly table: Table;
  readonly at: number;
  readonly count: number;
  readonly question: Question;
  /** Each value's place in the caller's list. */
  readonly indexes: Uint32Array;
  /** How far each value lies behind `at`. */
  readonly offsets: Uint16Array;
  /** How each value is decoded; the same for all that differ by their address only, whose `at` is that of one of them. */
  readonly forms: readonly Shape[];

  constructor(wanted: readonly Wanted[], forms: Forms) {
    const { table, at } = wanted[0]!.shape.address;
    this.table = table;
    this.at = at;
    this.count = wanted.reduce((end, one) => Math.max(end, endOf(one)), 0) - at;
    this.question = readQuestion(table, at, this.count);
    this.indexes = Uint32Array.from(wanted, ({ index }) => index);
    this.offsets = Uint16Array.from(wanted, ({ shape }) => shape.address.at - at);
    this.forms = wanted.map(({ shape }) => forms.of(shape));
  }

  get wanted(): readonly Wanted[] {
    return this.forms.map((form, n) => {
      const address = { ...form.address, at: this.at + this.offsets[n]! };
      return { index: this.indexes[n]!, shape: { ...form, address } };
    });
  }
}

/** One shape for all that differ by where they lie only. */
class Forms {
  private readonly known = new Map<string, Shape>();

  of(shape: Shape): Shape {
    const { table, type, bit, bytes } = shape.address;
    const name = `${table} ${type} ${bit} ${bytes} ${shape.address.order} ${shape.order} ${shape.kind}`;
    const known = this.known.get(name);
    if (known) return known;
    this.known.set(name, shape);
    return shape;
  }
}

/**
 * Many addresses, few requests: neighbours are read together, and so are values with a small enough gap between them, as far
 * as one request may reach. A value is never split over two requests, so it is never half old and half new.
 */
export function planBlocks(wanted: readonly Wanted[], limits: ReadLimits): Block[] {
  const sorted = [...wanted].sort(inAddressOrder);
  const blocks: Block[] = [];
  const forms = new Forms();
  let run: Wanted[] = [];
  let end = 0;
  const finish = () => {
    if (run.length > 0) blocks.push(new Block(run, forms));
    run = [];
  };
  for (const one of sorted) {
    const first = run[0];
    if (first && !joins(first, end, one, limits)) finish();
    end = run.length === 0 ? endOf(one) : Math.max(end, endOf(one));
    run.push(one);
  }
  finish();
  return blocks;
}

/**
 * What to ask instead of a block that was refused: its parts without the gaps, or else its halves. Empty when it is a single
 * value and there is nothing left to leave out.
 */
export function splitBlock(block: Block): Block[] {
  const { wanted } = block;
  const forms = new Forms();
  const blockOf = (run: readonly Wanted[]): Block => new Block(run, forms);
  const runs: Wanted[][] = [];
  let end = -1;
  for (const one of wanted) {
    if (runs.length === 0 || one.shape.address.at > end) runs.push([one]);
    else runs.at(-1)!.push(one);
    end = Math.max(end, endOf(one));
  }
  if (runs.length > 1) return runs.map(blockOf);
  if (wanted.every((one) => samePlace(one, wanted[0]!))) return [];
  const middle = Math.ceil(wanted.length / 2);
  return [wanted.slice(0, middle), wanted.slice(middle)].map(blockOf);
}

function joins(first: Wanted, end: number, next: Wanted, limits: ReadLimits): boolean {
  const { table, at } = next.shape.address;
  const start = first.shape.address.at;
  if (table !== first.shape.address.table) return false;
  const most = isBitTable(table) ? limits.maxBits : limits.maxRegisters;
  if (Math.max(end, endOf(next)) - start > most) return false;
  const gap = at - end;
  if (gap <= 0) return true;
  if (gap > (isBitTable(table) ? limits.maxGapBits : limits.maxGap)) return false;
  return !limits.forbidden.some((stretch) => stretch.table === table && stretch.from < at && stretch.to >= end);
}

/** The first address after the value. */
function endOf({ shape }: Wanted): number {
  return shape.address.at + widthOf(shape.address);
}

const tableOrder: Readonly<Record<Table, number>> = { coil: 0, discrete: 1, input: 2, holding: 3 };

function inAddressOrder(a: Wanted, b: Wanted): number {
  const [one, other] = [a.shape.address, b.shape.address];
  return tableOrder[one.table] - tableOrder[other.table] || one.at - other.at || widthOf(one) - widthOf(other) || a.index - b.index;
}

function samePlace(a: Wanted, b: Wanted): boolean {
  return a.shape.address.at === b.shape.address.at && widthOf(a.shape.address) === widthOf(b.shape.address);
}
