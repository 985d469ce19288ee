import type { Reading } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import { qualityOf, valueOf } from "../points/decode.ts";
import { describeError } from "../transaction/refusal.ts";
import type { LogRecord } from "../wire/services/log-record.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";

/** One record of a log as a reading of the point; undefined where the record says nothing about it (the clock was moved). */
export function readingOfRecord(
  record: LogRecord,
  member: number | undefined,
  kind: PointKind,
  sourceTime: Timestamp,
): Reading | undefined {
  const datum = record.data[member === undefined ? 0 : member - 1] ?? record.data[0];
  if (!datum || datum.kind === "time-change") return undefined;
  const bad = (level: number, reason: string): Reading => ({ raw: null, quality: level, reason, sourceTime });
  if (datum.kind === "status") {
    const [disabled = false, purged = false, interrupted = false] = datum.bits;
    const words = [
      disabled && "the log was switched off",
      purged && "the log was cleared",
      interrupted && "the log was interrupted",
    ].filter(Boolean);
    return words.length === 0 ? undefined : bad(quality.badNoValue, words.join(", "));
  }
  if (datum.kind === "failure") return bad(quality.badDevice, `not logged: ${describeError(datum.error)}`);
  const raw = valueOf({ property: P.PRESENT_VALUE }, kind, [datum.value]);
  if (raw === undefined) return bad(quality.badConfig, `a logged ${datum.value.type} cannot be shown as a ${kind}`);
  if (raw === null || (typeof raw === "number" && !Number.isFinite(raw))) return bad(quality.badNoValue, "the log holds no value");
  const { quality: level, reason } = qualityOf(record.status ? { flags: record.status } : {});
  return { raw: level === quality.badDevice ? null : raw, quality: level, sourceTime, ...(reason !== undefined && { reason }) };
}
