import type { Reading } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { quality, type Quality } from "#msgs/quality.ts";
import { describeError, isAddressError } from "../transaction/refusal.ts";
import type { BacnetValue } from "../wire/value.ts";
import { PropertyIdentifier, reliabilities } from "../wire/vocabulary.ts";
import type { PointAddress } from "../address.ts";
import type { Got } from "../peer/conversation.ts";
import { readCalendar, readEffectivePeriod, readExceptions, readWeek } from "../schedule/read.ts";
import { plainValues, textOfValue } from "./value-text.ts";

/** What an object says about its own value. */
export interface Status {
  readonly flags?: readonly boolean[];
  /** Read only where the fault flag is set. */
  readonly reliability?: number;
}

/** What a property came back as, as the point it stands for. */
export function readingOf(address: PointAddress, kind: PointKind, got: Got, status: Status): Reading {
  if ("problem" in got) return bad(quality.badConfig, got.problem);
  if ("error" in got) return bad(isAddressError(got.error) ? quality.badConfig : quality.badDevice, describeError(got.error));
  const { quality: level, reason } = qualityOf(status);
  const raw = valueOf(address, kind, got.values);
  if (raw === undefined) return bad(quality.badConfig, `${describe(got.values)} cannot be shown as a ${kind}`);
  if (raw === null) return bad(quality.badNoValue, "the device shows no value");
  if (typeof raw === "number" && !Number.isFinite(raw)) return bad(quality.badDevice, `the device shows ${raw}`);
  return { raw: level === quality.badDevice ? null : raw, quality: level, ...(reason !== undefined && { reason }) };
}

/** Status flags in the order of the standard: in alarm, fault, overridden, out of service. */
export function qualityOf({ flags, reliability }: Status): { quality: Quality; reason?: string } {
  const [, fault = false, overridden = false, outOfService = false] = flags ?? [];
  const cause = reliability === undefined || reliability === 0 ? "" : `, ${reliabilities.name(reliability)}`;
  if (fault) return { quality: quality.badDevice, reason: `the device says that the value is faulty${cause}` };
  if (outOfService)
    return { quality: quality.uncertain, reason: "out of service: the value does not follow its input, or its output does not follow it" };
  if (overridden) return { quality: quality.goodForced, reason: "overridden at the device" };
  return { quality: quality.good };
}

/** Undefined when the values cannot be of this kind; null when there is none. */
export function valueOf(
  address: Pick<PointAddress, "property" | "index">,
  kind: PointKind,
  values: readonly BacnetValue[],
): Value | null | undefined {
  if (kind === "text") return textOf(address, values);
  const [value] = values;
  if (!value) return null;
  if (values.length > 1) return undefined;
  switch (value.type) {
    case "null":
      return null;
    case "boolean":
      return kind === "boolean" ? value.value : Number(value.value);
    case "enumerated":
    case "real":
    case "double":
      return kind === "boolean" ? value.value !== 0 : value.value;
    case "unsigned":
    case "signed":
      if (kind === "boolean") return Number(value.value) !== 0;
      return typeof value.value === "bigint" ? String(value.value) : value.value;
    default:
      return undefined;
  }
}

function textOf({ property, index }: Pick<PointAddress, "property" | "index">, values: readonly BacnetValue[]): string {
  if (index === undefined && property === PropertyIdentifier.WEEKLY_SCHEDULE) return JSON.stringify(readWeek(values));
  if (index === undefined && property === PropertyIdentifier.EXCEPTION_SCHEDULE) return JSON.stringify(readExceptions(values));
  if (property === PropertyIdentifier.DATE_LIST) return JSON.stringify(readCalendar(values));
  if (property === PropertyIdentifier.EFFECTIVE_PERIOD) return JSON.stringify(readEffectivePeriod(values));
  const [first] = values;
  return values.length === 1 && first ? textOfValue(first) : JSON.stringify(plainValues(values));
}

function describe(values: readonly BacnetValue[]): string {
  return values.length === 1 && values[0] ? `a ${values[0].type}` : `a list of ${values.length} values`;
}

function bad(level: Quality, reason: string): Reading {
  return { raw: null, quality: level, reason };
}
