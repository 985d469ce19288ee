import type { Timestamp } from "#msgs/time.ts";
import { dateTimeOf, instantOf, type DeviceZone } from "../wire/date-time.ts";
import { decodeReadRange, encodeRangeAck, type ReadRange } from "../wire/services/read-range.ts";
import type { LogDatum, LogRecord } from "../wire/services/log-record.ts";
import { objectKey, text, unsigned, type BacnetValue, type ObjectId } from "../wire/value.ts";
import { ErrorClass, ErrorCode, ObjectType, PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { constant, refusal, withIdentity, type Property, type ServedObject } from "./property.ts";

export interface TrendLogSpec {
  readonly id: ObjectId;
  readonly name: string;
  /** What is logged: one reference for a trend log, several for a multiple one. */
  readonly logs: readonly { readonly object: ObjectId; readonly property: number }[];
  readonly capacity: number;
  readonly zone: DeviceZone;
  /** How many records one answer carries at most. */
  readonly perAnswer?: number;
  /** Devices before protocol revision 3 know no ranges by number or time. */
  readonly onlyPositions?: boolean;
}

/** A log with a ring of records and a number that never turns back (until 2^32, where it goes on at 1). */
export class TrendLog implements ServedObject {
  readonly id: ObjectId;
  readonly name: string;
  readonly properties: ReadonlyMap<number, Property>;
  readonly #spec: TrendLogSpec;
  #records: LogRecord[] = [];
  /** Sequence number of the newest record. */
  #total = 0;

  constructor(spec: TrendLogSpec) {
    this.#spec = spec;
    this.id = spec.id;
    this.name = spec.name;
    const multiple = spec.id.type === ObjectType.TREND_LOG_MULTIPLE;
    const references = spec.logs.map((log) => reference(log.object, log.property));
    const property: Property = multiple ? { elements: () => references } : { read: () => references[0] ?? [] };
    this.properties = withIdentity(spec.id, spec.name, [
      [P.DESCRIPTION, constant(text(`log of ${spec.name}`))],
      [P.LOG_DEVICE_OBJECT_PROPERTY, property],
      [P.RECORD_COUNT, { read: () => [unsigned(this.#records.length)] }],
      [P.TOTAL_RECORD_COUNT, { read: () => [unsigned(this.#total)] }],
      [P.BUFFER_SIZE, constant(unsigned(spec.capacity))],
      [P.STATUS_FLAGS, constant({ type: "bits", value: [false, false, false, false] })],
    ]);
  }

  write(at: Timestamp, ...data: readonly LogDatum[]): void {
    const multiple = this.id.type === ObjectType.TREND_LOG_MULTIPLE;
    this.#records.push({ at: dateTimeOf(at, this.#spec.zone), data, status: [false, false, false, false], ...(multiple && { multiple }) });
    this.#total++;
    if (this.#records.length > this.#spec.capacity) this.#records.shift();
  }

  /** What a restart that loses the buffer looks like: counting starts over. */
  purge(): void {
    this.#records = [];
    this.#total = 0;
  }

  /** The records a range asks for, oldest first. */
  range(asked: ReadRange): Buffer {
    if (this.#spec.onlyPositions && asked.range && asked.range.by !== "position")
      throw refusal(ErrorClass.SERVICES, ErrorCode.OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    const oldest = this.#total - this.#records.length + 1;
    const [from, to] = this.#span(asked, oldest);
    const wanted = this.#records.slice(from, to);
    const records = wanted.slice(0, this.#spec.perAnswer ?? 20);
    const firstSequence = asked.range && asked.range.by !== "position" && records.length > 0 ? oldest + from : undefined;
    return encodeRangeAck({
      object: asked.object,
      property: asked.property,
      flags: {
        first: records.length > 0 && from === 0,
        last: records.length > 0 && from + records.length === this.#records.length,
        more: wanted.length > records.length,
      },
      count: records.length,
      records,
      ...(firstSequence !== undefined && { firstSequence }),
    });
  }

  #span({ range }: ReadRange, oldest: number): [number, number] {
    const length = this.#records.length;
    if (!range) return [0, length];
    const clip = (at: number) => Math.max(0, Math.min(length, at));
    if (range.by === "time") {
      const after = instantOf(range.reference, this.#spec.zone) ?? 0;
      const from = this.#records.findIndex((record) => (instantOf(record.at, this.#spec.zone) ?? 0) > after);
      return from < 0 ? [length, length] : [from, clip(from + range.count)];
    }
    const at = range.by === "sequence" ? range.reference - oldest : range.reference - 1;
    return range.count >= 0 ? [clip(at), clip(at + range.count)] : [clip(at + range.count + 1), clip(at + 1)];
  }
}

export function serveReadRange(objects: ReadonlyMap<number, ServedObject>, data: Buffer): Buffer {
  const asked = decodeReadRange(data);
  const object = objects.get(objectKey(asked.object));
  if (!object) throw refusal(ErrorClass.OBJECT, ErrorCode.UNKNOWN_OBJECT);
  if (!(object instanceof TrendLog) || asked.property !== P.LOG_BUFFER)
    throw refusal(ErrorClass.SERVICES, ErrorCode.PROPERTY_IS_NOT_A_LIST);
  return object.range(asked);
}

function reference(object: ObjectId, property: number): BacnetValue[] {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(((object.type << 22) | object.instance) >>> 0);
  return [
    { type: "context", tag: 0, value: Uint8Array.from(id) },
    { type: "context", tag: 1, value: Uint8Array.from(property < 256 ? [property] : [property >> 8, property & 0xff]) },
  ];
}
