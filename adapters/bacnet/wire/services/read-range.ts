import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import type { RawDateTime } from "../value.ts";
import { readRecords, writeRecords, type LogRecord } from "./log-record.ts";
import type { ObjectProperty } from "./property-access.ts";

const trendLogMultiple = 27;

export type Range =
  | { readonly by: "position"; readonly reference: number; readonly count: number }
  | { readonly by: "sequence"; readonly reference: number; readonly count: number }
  | { readonly by: "time"; readonly reference: RawDateTime; readonly count: number };

export interface ReadRange extends ObjectProperty {
  readonly range?: Range;
}

export function encodeReadRange(asked: ReadRange): Buffer {
  const writer = new TagWriter(48).contextObject(0, asked.object).contextUnsigned(1, asked.property);
  if (asked.index !== undefined) writer.contextUnsigned(2, asked.index);
  const { range } = asked;
  if (!range) return writer.bytes();
  const tag = range.by === "position" ? 3 : range.by === "sequence" ? 6 : 7;
  writer.open(tag);
  if (range.by === "time") {
    writer.value({ type: "date", value: range.reference.date }).value({ type: "time", value: range.reference.time });
  } else writer.value({ type: "unsigned", value: range.reference });
  return writer.value({ type: "signed", value: range.count }).close(tag).bytes();
}

export function decodeReadRange(data: Buffer): ReadRange {
  const reader = new TagReader(data);
  const object = reader.contextObject(0);
  const property = reader.contextUnsigned(1);
  const index = reader.tryContextUnsigned(2);
  const range = reader.atEnd ? undefined : readRangeOf(reader);
  return { object, property, ...(index !== undefined && { index }), ...(range && { range }) };
}

function readRangeOf(reader: TagReader): Range {
  if (reader.tryOpen(7)) {
    const reference = { date: reader.expect("date").value, time: reader.expect("time").value };
    const count = Number(reader.expect("signed").value);
    reader.close(7);
    return { by: "time", reference, count };
  }
  const by = reader.isOpening(6) ? ("sequence" as const) : ("position" as const);
  const tag = by === "sequence" ? 6 : 3;
  reader.open(tag);
  const reference = Number(reader.expect("unsigned").value);
  const count = Number(reader.expect("signed").value);
  reader.close(tag);
  return { by, reference, count };
}

export interface RangeAck extends ObjectProperty {
  /** First item, last item, more items. */
  readonly flags: { readonly first: boolean; readonly last: boolean; readonly more: boolean };
  readonly count: number;
  readonly records: readonly LogRecord[];
  /** The sequence number of the first record; only in answers to a range by sequence or time. */
  readonly firstSequence?: number;
}

export function encodeRangeAck(ack: RangeAck): Buffer {
  const writer = new TagWriter(1024).contextObject(0, ack.object).contextUnsigned(1, ack.property);
  if (ack.index !== undefined) writer.contextUnsigned(2, ack.index);
  writer.contextBits(3, [ack.flags.first, ack.flags.last, ack.flags.more]).contextUnsigned(4, ack.count).open(5);
  writeRecords(writer, ack.records);
  writer.close(5);
  if (ack.firstSequence !== undefined) writer.contextUnsigned(6, ack.firstSequence);
  return writer.bytes();
}

export function decodeRangeAck(data: Buffer): RangeAck {
  const reader = new TagReader(data);
  const object = reader.contextObject(0);
  const property = reader.contextUnsigned(1);
  const index = reader.tryContextUnsigned(2);
  const [first = false, last = false, more = false] = reader.contextBits(3);
  const count = reader.contextUnsigned(4);
  reader.open(5);
  const records = readRecords(reader, 5, object.type === trendLogMultiple);
  reader.close(5);
  const firstSequence = reader.tryContextUnsigned(6);
  return {
    object,
    property,
    ...(index !== undefined && { index }),
    flags: { first, last, more },
    count,
    records,
    ...(firstSequence !== undefined && { firstSequence }),
  };
}
