import type { TagReader } from "../tag-reader.ts";
import type { TagWriter } from "../tag-writer.ts";
import type { RawDateTime, RawTime } from "../value.ts";

/** BACnetTimeStamp: devices without a clock number their events. */
export type TimeStamp =
  | { readonly kind: "time"; readonly time: RawTime }
  | { readonly kind: "sequence"; readonly number: number }
  | { readonly kind: "date-time"; readonly dateTime: RawDateTime };

export function readTimeStamp(reader: TagReader): TimeStamp {
  if (reader.isContext(0)) return { kind: "time", time: reader.contextTime(0) };
  if (reader.isContext(1)) return { kind: "sequence", number: reader.contextUnsigned(1) };
  reader.open(2);
  const dateTime = { date: reader.expect("date").value, time: reader.expect("time").value };
  reader.close(2);
  return { kind: "date-time", dateTime };
}

export function writeTimeStamp(writer: TagWriter, stamp: TimeStamp): TagWriter {
  if (stamp.kind === "time") return writer.contextTime(0, stamp.time);
  if (stamp.kind === "sequence") return writer.contextUnsigned(1, stamp.number);
  return writer.open(2).value({ type: "date", value: stamp.dateTime.date }).value({ type: "time", value: stamp.dateTime.time }).close(2);
}
