import { quality, type Quality } from "#msgs/quality.ts";
import type { ErrorCode } from "#src/kit/errors.ts";

/** What a device means when it answers a request with an exception, one by one. */
export interface Exception {
  readonly name: string;
  /** For a write, and for a read of a device as a whole. */
  readonly code: ErrorCode;
  /** For the points of a read that was answered so. */
  readonly quality: Quality;
  /** Asking for less may be answered: some of the addresses are fine. */
  readonly dependsOnRange: boolean;
  /** It is a gateway that speaks, not the device: the device as a whole was not reached. */
  readonly fromGateway: boolean;
}

const fromDevice = { dependsOnRange: false, fromGateway: false } as const;
const exceptions: Readonly<Record<number, Exception>> = {
  1: { ...fromDevice, name: "illegal function", code: "not-supported", quality: quality.badConfig },
  2: { ...fromDevice, name: "illegal data address", code: "bad-address", quality: quality.badConfig, dependsOnRange: true },
  3: { ...fromDevice, name: "illegal data value", code: "device-refused", quality: quality.badConfig, dependsOnRange: true },
  // Some devices say 4 instead of 2 when a block touches a register they do not have (Schneider PM5xxx, several inverters).
  4: { ...fromDevice, name: "device failure", code: "device-refused", quality: quality.badDevice, dependsOnRange: true },
  // 5 and 6 ask for patience: what was read may be asked again later. A write that is answered so was taken by 5 and not by 6.
  5: { ...fromDevice, name: "acknowledged, still working", code: "busy", quality: quality.badDevice },
  6: { ...fromDevice, name: "device busy", code: "busy", quality: quality.badDevice },
  7: { ...fromDevice, name: "negative acknowledge", code: "device-refused", quality: quality.badDevice },
  8: { ...fromDevice, name: "memory parity error", code: "device-refused", quality: quality.badDevice },
  10: { ...fromDevice, name: "gateway path unavailable", code: "busy", quality: quality.badLink, fromGateway: true },
  11: { ...fromDevice, name: "gateway target did not respond", code: "timeout", quality: quality.badLink, fromGateway: true },
};

export const stillWorking = 5;

export function exceptionOf(number: number): Exception {
  return exceptions[number] ?? { ...fromDevice, name: "unknown exception", code: "device-refused", quality: quality.badDevice };
}

export function exceptionWords(number: number): string {
  return `exception ${number}, ${exceptionOf(number).name}`;
}
