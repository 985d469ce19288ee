import { zstdCompressSync } from "node:zlib";
import type { Derivation, Fact, FactOf, GapFact } from "#msgs/fact.ts";
import type { PointKey } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import { GatewayError, assert } from "#src/kit/errors.ts";
import { decodeEntry, entryKind } from "../codec/entry.ts";
import { Parcel } from "../codec/parcel.ts";
import { decodeSamples } from "../codec/samples.ts";
import type { PlacedEntry } from "../journal/segment.ts";
import { clampTime, type Clamp } from "./clamp.ts";
import type { CopyBuffer } from "./copy-buffer.ts";
import { Rows, type SpareRows } from "./row-set.ts";

/** Per UTC day the stretch and the points that samples fell into. */
export type Seen = Map<number, { from: number; to: number; keys: Set<number> }>;

export interface RowsContext {
  readonly uuid: string;
  /** This database's key of a journal's key. Throws a GatewayError when the journal never gave that key. */
  keyOf(journalKey: PointKey): number;
  readonly clamp: Clamp;
  readonly spare: SpareRows;
}

/** One row of `batches` holds at most so much, and spans at most so long, so that a scan knows how far back to begin. */
const parcelBytes = 512 * 1024;
export const batchSpanUs = 60_000_000;
const dayUs = 86_400_000_000;

export function rowsOf(entries: readonly PlacedEntry[], context: RowsContext): Rows {
  const making = rowsInSteps(entries, context);
  for (;;) {
    const step = making.next();
    if (step.done) return step.value;
  }
}

/** The same with a breath after every entry, for who has something else to do meanwhile. */
export function* rowsInSteps(entries: readonly PlacedEntry[], context: RowsContext): Generator<void, Rows> {
  const rows = context.spare.take(entries.reduce((sum, entry) => sum + entry.samples, 0));
  for (const stored of entries) {
    if (stored.kind === entryKind.config) rows.plants.push(stored);
    else if (stored.kind === entryKind.checkpoint) addCheckpoint(rows.checkpoints, stored);
    else addEntry(rows, decodeEntry(stored), context);
    yield;
  }
  yield* addBatches(rows.batches, entries, context.uuid);
  return rows;
}

/** Which samples came too late for the rollups of their time; looked for only when the oldest says that there are some. */
export function lateAmong(entries: readonly PlacedEntry[], context: RowsContext, lateBefore: number): Seen {
  const seen: Seen = new Map();
  for (const entry of entries) {
    const batch = entry.kind === entryKind.samples ? decodeSamples(entry.body) : undefined;
    for (const [i, key] of batch?.keys.entries() ?? []) {
      const time = clampTime(batch!.sourceTimes[i]!, entry.at, context.clamp);
      if (time < lateBefore) remember(seen, time, context.keyOf(key));
    }
  }
  return seen;
}

function addEntry(rows: Rows, entry: JournalEntry, context: RowsContext): void {
  if (entry.kind === "fact") addFact(rows, entry.fact, context);
  else if (entry.kind === "derived") addDerivation(rows.derivations, entry.derivation);
}

function addFact(rows: Rows, fact: Fact, context: RowsContext): void {
  switch (fact.kind) {
    case "samples":
      return addSamples(rows, fact.samples, fact.at, context);
    case "command":
      return addStep(rows.steps, fact);
    case "gap":
      return addGap(rows.gaps, fact, fact.at, fact.seq);
    case "link":
      return addOther(rows.facts, fact, fact.state, { adapter: fact.adapter, device: fact.device });
    case "event":
      return addOther(rows.facts, fact, fact.type, { device: fact.device, point: fact.point, sourceTime: fact.sourceTime });
    case "operator":
      return addOther(rows.facts, fact, fact.act, { by: fact.by });
    case "clock":
      return addOther(rows.facts, fact, fact.why, {});
    case "config":
    case "tick":
      return;
  }
}

function addSamples(rows: Rows, batch: Samples, at: number, context: RowsContext): void {
  const { keys, values, qualities, sourceTimes, texts, codes } = batch;
  const historical = batch.origin === "historical";
  let oldest = rows.oldest;
  for (let i = 0; i < keys.length; i++) {
    const key = context.keyOf(keys[i]!);
    const asked = sourceTimes[i]!;
    const time = clampTime(asked, at, context.clamp);
    const sourceTime = time === asked ? null : storableTime(asked);
    const text = texts?.get(i);
    const code = codes?.get(i) ?? null;
    if (text === undefined) rows.samples.sample(time, at, values[i]!, sourceTime, code, key, qualities[i]!);
    else addText(rows.texts, { time, at, sourceTime, code, key, quality: qualities[i]!, text });
    if (!historical) rows.newest.see(key, time, at, values[i]!, qualities[i]!, text, code);
    if (time < oldest) oldest = time;
  }
  rows.oldest = oldest;
}

function remember(seen: Seen, time: number, key: number): void {
  const day = Math.floor(time / dayUs);
  const known = seen.get(day);
  if (!known) return void seen.set(day, { from: time, to: time, keys: new Set([key]) });
  if (time < known.from) known.from = time;
  if (time > known.to) known.to = time;
  known.keys.add(key);
}

/** PostgreSQL's own limits, 4713 BC to 294276 AD; what lies outside is only in the recording. */
function storableTime(us: number): number | null {
  const whole = Math.round(us);
  return whole > -210_866_803_200_000_000 && whole < 9_000_000_000_000_000 ? whole : null;
}

interface TextRow {
  readonly time: number;
  readonly at: number;
  readonly sourceTime: number | null;
  readonly code: number | null;
  readonly key: number;
  readonly quality: number;
  readonly text: string;
}

function addText(to: CopyBuffer, row: TextRow): void {
  to.row(7);
  to.time(row.time);
  to.time(row.at);
  to.time(row.sourceTime);
  to.int8(row.code);
  to.int4(row.key);
  to.int2(row.quality);
  to.text(row.text);
}

interface About {
  readonly adapter?: string | undefined;
  readonly device?: string | undefined;
  readonly point?: string | undefined;
  readonly by?: string | undefined;
  readonly sourceTime?: number | undefined;
}

function addOther(to: CopyBuffer, fact: Fact, type: string, about: About): void {
  const { at, seq, kind, ...data } = fact;
  to.row(10);
  to.time(at);
  to.int8(seq);
  to.text(kind);
  to.text(type);
  to.text(about.adapter);
  to.text(about.device);
  to.text(about.point);
  to.text(about.by);
  to.time(about.sourceTime === undefined ? null : storableTime(about.sourceTime));
  to.json(data);
}

function addStep(to: CopyBuffer, fact: FactOf<"command">): void {
  const { step } = fact;
  const { act } = step.command;
  to.row(10);
  to.time(fact.at);
  to.int8(fact.seq);
  to.text(step.command.id);
  to.text(step.state);
  to.text(step.by);
  to.text(act.do === "call" ? null : act.point);
  to.text(act.do === "call" ? act.device : null);
  to.text(step.code);
  to.text(step.message);
  to.json(step);
}

function addDerivation(to: CopyBuffer, derivation: Derivation): void {
  to.row(6);
  to.time(derivation.at);
  to.int8(derivation.seq);
  to.text(derivation.tap);
  to.text(derivation.subject);
  to.text(derivation.state);
  to.json(derivation.detail);
}

function addCheckpoint(to: CopyBuffer, { at, seq, version, body }: PlacedEntry): void {
  assert(typeof version === "string", "the journal writes a checkpoint's version beside it");
  to.row(4);
  to.time(at);
  to.int8(seq);
  to.text(version);
  to.bytes(zstdCompressSync(body));
}

/** A gap in which nothing was lost says that the stretch is filled now. */
export function addGap(to: CopyBuffer, gap: Omit<GapFact, "kind">, at: number, seq: number): void {
  to.row(8);
  to.time(at);
  to.int8(seq);
  to.text(gap.stream);
  to.time(Math.round(gap.from));
  to.time(Math.round(gap.to));
  to.int8(gap.lost === "unknown" ? null : gap.lost);
  to.text(gap.why);
  to.bool(gap.lost === 0);
}

function* addBatches(to: CopyBuffer, entries: readonly PlacedEntry[], uuid: string): Generator<void, void> {
  const parcel = new Parcel();
  let first: PlacedEntry | undefined;
  let last: PlacedEntry | undefined;
  const flush = () => {
    if (!first || !last || parcel.entries === 0) return;
    to.row(10);
    to.time(first.at);
    to.time(last.at);
    to.int8(first.seq);
    to.int8(last.seq);
    to.int8(first.position);
    to.int8(last.position);
    to.uuid(uuid);
    to.int4(parcel.entries);
    to.int4(parcel.samples);
    to.bytes(zstdCompressSync(parcel.take()));
    first = undefined;
  };
  for (const entry of entries) {
    // A checkpoint has a table of its own: it is looked for by itself and a replay does not retell it.
    if (isCheckpoint(entry)) continue;
    if (first && (parcel.length >= parcelBytes || entry.at - first.at >= batchSpanUs)) {
      flush();
      yield;
    }
    first ??= entry;
    last = entry;
    parcel.add(entry, entry.crc);
  }
  flush();
}

function isCheckpoint(entry: PlacedEntry): boolean {
  return entry.kind === entryKind.checkpoint;
}

/** An entry that the tables will not take: only the recording, which a replay reads, gets it. */
export function recordingOnly(entry: PlacedEntry, uuid: string): Rows {
  const rows = new Rows();
  for (const _step of addBatches(rows.batches, [entry], uuid));
  return rows;
}

export function unknownKey(journalKey: PointKey): GatewayError {
  return new GatewayError("damaged", `point key ${journalKey} was never given out by this journal`);
}
