import { GatewayError, type ErrorCode as GatewayCode } from "#src/kit/errors.ts";
import { AbortReason, abortReasons, ErrorCode, errorClasses, errorCodes, RejectReason, rejectReasons } from "../wire/vocabulary.ts";
import type { BacnetError } from "../wire/value.ts";

/** In which of its three ways a device said no. */
export type Refusal =
  | ({ readonly kind: "error" } & BacnetError)
  | { readonly kind: "reject"; readonly reason: number }
  | { readonly kind: "abort"; readonly reason: number };

/** The device answered, and the answer was no. */
export class DeviceRefusal extends GatewayError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, what: string) {
    super(codeOf(refusal), `${what}: ${describeRefusal(refusal)}`, { sent: true });
    this.name = "DeviceRefusal";
    this.refusal = refusal;
  }

  /** The device cannot put the whole answer into what it may send. */
  get tooLong(): boolean {
    const { refusal } = this;
    if (refusal.kind === "abort") return tooLongAborts.has(refusal.reason);
    return refusal.kind === "reject" && refusal.reason === RejectReason.BUFFER_OVERFLOW;
  }

  get unknownService(): boolean {
    const { refusal } = this;
    if (refusal.kind === "reject") return refusal.reason === RejectReason.UNRECOGNIZED_SERVICE;
    if (refusal.kind === "error") return serviceErrors.has(refusal.errorCode);
    return false;
  }
}

const tooLongAborts = new Set<number>([
  AbortReason.BUFFER_OVERFLOW,
  AbortReason.SEGMENTATION_NOT_SUPPORTED,
  AbortReason.APDU_TOO_LONG,
  AbortReason.OUT_OF_RESOURCES,
]);
const serviceErrors = new Set<number>([ErrorCode.SERVICE_REQUEST_DENIED, ErrorCode.OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED]);
const addressErrors = new Set<number>([
  ErrorCode.UNKNOWN_OBJECT,
  ErrorCode.UNKNOWN_PROPERTY,
  ErrorCode.INVALID_ARRAY_INDEX,
  ErrorCode.PROPERTY_IS_NOT_AN_ARRAY,
  ErrorCode.UNSUPPORTED_OBJECT_TYPE,
]);
const busyErrors = new Set<number>([ErrorCode.BUSY, ErrorCode.CONFIGURATION_IN_PROGRESS, ErrorCode.OPERATIONAL_PROBLEM]);
const rightErrors = new Set<number>([ErrorCode.PASSWORD_FAILURE]);

export function describeError(error: BacnetError): string {
  return `${errorClasses.name(error.errorClass)} error, ${errorCodes.name(error.errorCode)}`;
}

export function describeRefusal(refusal: Refusal): string {
  if (refusal.kind === "error") return describeError(refusal);
  if (refusal.kind === "reject") return `rejected, ${rejectReasons.name(refusal.reason)}`;
  return `aborted, ${abortReasons.name(refusal.reason)}`;
}

export function isAddressError(error: BacnetError): boolean {
  return addressErrors.has(error.errorCode);
}

function codeOf(refusal: Refusal): GatewayCode {
  if (refusal.kind === "reject") return refusal.reason === RejectReason.UNRECOGNIZED_SERVICE ? "not-supported" : "device-refused";
  if (refusal.kind === "abort") return refusal.reason === AbortReason.OUT_OF_RESOURCES ? "busy" : "device-refused";
  if (addressErrors.has(refusal.errorCode)) return "bad-address";
  if (busyErrors.has(refusal.errorCode)) return "busy";
  if (rightErrors.has(refusal.errorCode)) return "not-authorised";
  return "device-refused";
}
