import type { Past, WeightedRow, DotRow, AtTimeRow } from "./past.ts";
import type { BucketRow, HistoryRow } from "#src/contract/store.ts";
import { notBuiltYet } from "../refusal.ts";
import type { Question } from "./question.ts";

/** `value` is a number, a truth value, text or nothing; a format with one type to a column makes two of it. */
export type ColumnKind = "text" | "time" | "number" | "whole" | "value";

/** Rows in pages, the same for every format. Times are microseconds in here. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind }[];
  readonly pages: AsyncIterable<readonly Row[]>;
}

export type Row = Readonly<Record<string, unknown>>;

export function tableFor(question: Question, past: Past, signal: AbortSignal): Table {
  const { points } = question;
  switch (question.how) {
    case "raw": {
      const { from, to, limit, knownAt } = question;
      const options = { limit, signal, ...(knownAt !== undefined && { knownAt }) };
      return table<HistoryRow>(rawColumns, past.raw(points, from, to, options));
    }
    case "buckets": {
      const { from, to, buckets, fill } = question;
      return table<BucketRow>(bucketColumns, past.buckets(points, from, to, { buckets, signal, ...(fill !== "none" && { fill }) }));
    }
    case "weighted": {
      if (!past.timeWeighted) throw notBuiltYet("mean=time");
      const { from, to, buckets } = question;
      return table<WeightedRow>(weightedColumns, onePage(past.timeWeighted(points, from, to, { buckets, signal })));
    }
    case "fit": {
      if (!past.bestFit) throw notBuiltYet("pixels");
      const { from, to, pixels } = question;
      return table<DotRow>(dotColumns, past.bestFit(points, from, to, { pixels, signal }));
    }
    case "at": {
      if (!past.atTimes) throw notBuiltYet("at");
      const { times, interpolate, maxAgeUs } = question;
      return table<AtTimeRow>(atColumns, onePage(past.atTimes(points, times, { interpolate, maxAgeUs, signal })));
    }
  }
}

const point = ["point", "text"] as const;
const time = ["time", "time"] as const;
const byte = ["quality", "whole"] as const;
const rawColumns = [point, ["sourceTime", "time"], ["at", "time"], ["value", "value"], byte] as const;
const bucketColumns = [point, time, ["count", "whole"], ["min", "number"], ["max", "number"], ["mean", "number"], ["last", "number"], byte] as const; // prettier-ignore
const weightedColumns = [point, time, ["mean", "number"], ["covered", "number"]] as const;
const dotColumns = [point, time, ["value", "number"], byte] as const;
const atColumns = [point, time, ["value", "value"], byte, ["sourceTime", "time"]] as const;

function table<R extends object>(
  columns: readonly (readonly [name: keyof R & string, kind: ColumnKind])[],
  pages: AsyncIterable<readonly R[]>,
): Table {
  return { columns: columns.map(([name, kind]) => ({ name, kind })), pages: pages as AsyncIterable<readonly Row[]> };
}

async function* onePage<R>(rows: Promise<readonly R[]>): AsyncGenerator<readonly R[]> {
  yield await rows;
}

/** The same rows with the first page waited for, so that an error still has a status; whoever stops early lets go of the question. */
export async function begun({ columns, pages }: Table): Promise<Table> {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<readonly Row[]> {
    try {
      for (let page = first; !page.done; page = await iterator.next()) if (page.value.length > 0) yield page.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { columns, pages: all() };
}
