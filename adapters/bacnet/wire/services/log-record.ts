import type { TagReader } from "../tag-reader.ts";
import type { TagWriter } from "../tag-writer.ts";
import type { BacnetError, BacnetValue, RawDateTime } from "../value.ts";
import { readError, writeError } from "./property-access.ts";

/** What a log wrote down: a value, or something that happened to the log itself. */
export type LogDatum =
  /** Bits: log disabled, buffer purged, log interrupted. */
  | { readonly kind: "status"; readonly bits: readonly boolean[] }
  | { readonly kind: "value"; readonly value: BacnetValue }
  | { readonly kind: "failure"; readonly error: BacnetError }
  /** The device's clock was moved by so many seconds. */
  | { readonly kind: "time-change"; readonly seconds: number };

export interface LogRecord {
  readonly at: RawDateTime;
  /** One for a trend log, one per member for a trend log of several. */
  readonly data: readonly LogDatum[];
  readonly status?: readonly boolean[];
  /** A trend log of several keeps its members in one group. */
  readonly multiple?: boolean;
}

/**
 * Both kinds of log share their envelope, and only the log's type says how to read what is in it: context tag 2 is a real
 * number in a trend log and a moved clock in a trend log of several.
 */
export function readRecords(reader: TagReader, closing: number, multiple: boolean): LogRecord[] {
  const records: LogRecord[] = [];
  while (!reader.isClosing(closing)) {
    reader.open(0);
    const at = { date: reader.expect("date").value, time: reader.expect("time").value };
    reader.close(0);
    reader.open(1);
    const data = multiple ? readMultiple(reader) : [readDatum(reader)];
    reader.close(1);
    const status = reader.isContext(2) ? reader.contextBits(2) : undefined;
    records.push({ at, data, ...(status && { status }), ...(multiple && { multiple }) });
  }
  return records;
}

export function writeRecords(writer: TagWriter, records: readonly LogRecord[]): void {
  for (const record of records) {
    writer.open(0).value({ type: "date", value: record.at.date }).value({ type: "time", value: record.at.time }).close(0).open(1);
    if (record.multiple) writeMultiple(writer, record.data);
    else if (record.data[0]) writeDatum(writer, record.data[0]);
    writer.close(1);
    if (record.status) writer.contextBits(2, record.status);
  }
}

function readDatum(reader: TagReader): LogDatum {
  if (reader.isContext(0)) return { kind: "status", bits: reader.contextBits(0) };
  if (reader.isContext(1)) return value({ type: "boolean", value: reader.contextBoolean(1) });
  if (reader.isContext(2)) return value({ type: "real", value: reader.contextReal(2) });
  if (reader.isContext(3)) return value({ type: "enumerated", value: reader.contextUnsigned(3) });
  if (reader.isContext(4)) return value({ type: "unsigned", value: reader.contextUnsigned(4) });
  if (reader.isContext(5)) return value({ type: "signed", value: reader.contextSigned(5) });
  if (reader.isContext(6)) return value({ type: "bits", value: reader.contextBits(6) });
  if (reader.isContext(7)) return reader.contextOctets(7) && value({ type: "null" });
  if (reader.tryOpen(8)) {
    const error = readError(reader);
    reader.close(8);
    return { kind: "failure", error };
  }
  if (reader.isContext(9)) return { kind: "time-change", seconds: reader.contextReal(9) };
  reader.open(10);
  const [first = { type: "null" } as const] = reader.valuesUntil(10);
  return value(first);
}

function writeDatum(writer: TagWriter, datum: LogDatum): void {
  if (datum.kind === "status") writer.contextBits(0, datum.bits);
  else if (datum.kind === "time-change") writer.contextReal(9, datum.seconds);
  else if (datum.kind === "failure") writeError(writer.open(8), datum.error).close(8);
  else writeValue(writer, datum.value, [1, 2, 3, 4, 5, 6, 7, 10]);
}

function readMultiple(reader: TagReader): LogDatum[] {
  if (reader.isContext(0)) return [{ kind: "status", bits: reader.contextBits(0) }];
  if (reader.isContext(2)) return [{ kind: "time-change", seconds: reader.contextReal(2) }];
  const members: LogDatum[] = [];
  reader.open(1);
  while (!reader.isClosing(1)) members.push(readMember(reader));
  reader.close(1);
  return members;
}

/** Members count their choices one lower, because status and time change stand outside the group. */
function readMember(reader: TagReader): LogDatum {
  if (reader.isContext(0)) return value({ type: "boolean", value: reader.contextBoolean(0) });
  if (reader.isContext(1)) return value({ type: "real", value: reader.contextReal(1) });
  if (reader.isContext(2)) return value({ type: "enumerated", value: reader.contextUnsigned(2) });
  if (reader.isContext(3)) return value({ type: "unsigned", value: reader.contextUnsigned(3) });
  if (reader.isContext(4)) return value({ type: "signed", value: reader.contextSigned(4) });
  if (reader.isContext(5)) return value({ type: "bits", value: reader.contextBits(5) });
  if (reader.isContext(6)) return reader.contextOctets(6) && value({ type: "null" });
  if (reader.tryOpen(7)) {
    const error = readError(reader);
    reader.close(7);
    return { kind: "failure", error };
  }
  reader.open(8);
  const [first = { type: "null" } as const] = reader.valuesUntil(8);
  return value(first);
}

function writeMultiple(writer: TagWriter, data: readonly LogDatum[]): void {
  const [first] = data;
  if (first?.kind === "status") writer.contextBits(0, first.bits);
  else if (first?.kind === "time-change") writer.contextReal(2, first.seconds);
  else {
    writer.open(1);
    for (const datum of data) writeMember(writer, datum);
    writer.close(1);
  }
}

function writeMember(writer: TagWriter, datum: LogDatum): void {
  if (datum.kind === "failure") writeError(writer.open(7), datum.error).close(7);
  else if (datum.kind === "value") writeValue(writer, datum.value, [0, 1, 2, 3, 4, 5, 6, 8]);
  else writer.contextOctets(6, new Uint8Array(0));
}

/** `tags`: boolean, real, enumerated, unsigned, signed, bits, null, anything else. */
function writeValue(
  writer: TagWriter,
  datum: BacnetValue,
  tags: readonly [number, number, number, number, number, number, number, number],
): void {
  if (datum.type === "boolean") writer.contextBoolean(tags[0], datum.value);
  else if (datum.type === "real") writer.contextReal(tags[1], datum.value);
  else if (datum.type === "enumerated") writer.contextUnsigned(tags[2], datum.value);
  else if (datum.type === "unsigned") writer.contextUnsigned(tags[3], datum.value);
  else if (datum.type === "signed") writer.contextSigned(tags[4], Number(datum.value));
  else if (datum.type === "bits") writer.contextBits(tags[5], datum.value);
  else if (datum.type === "null") writer.contextOctets(tags[6], new Uint8Array(0));
  else writer.open(tags[7]).value(datum).close(tags[7]);
}

function value(datum: BacnetValue): LogDatum {
  return { kind: "value", value: datum };
}
