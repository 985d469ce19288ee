/** A BACnet object identifier: ten bits of type, twenty-two of instance. */
export interface ObjectId {
  readonly type: number;
  readonly instance: number;
}

/** Day as sent; undefined fields are wildcards ("any"). Months 13 and 14 mean odd and even, day 32 the last, 33 odd, 34 even. */
export interface RawDate {
  readonly year?: number;
  readonly month?: number;
  readonly day?: number;
  /** 1 Monday … 7 Sunday. */
  readonly weekday?: number;
}

/** Time of day as sent; undefined fields are wildcards. */
export interface RawTime {
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly hundredths?: number;
}

export interface RawDateTime {
  readonly date: RawDate;
  readonly time: RawTime;
}

/** One element of a property. What has no application tag of its own stays as it came: a context tag or a group of elements. */
export type BacnetValue =
  | { readonly type: "null" }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "unsigned"; readonly value: number | bigint }
  | { readonly type: "signed"; readonly value: number | bigint }
  | { readonly type: "real"; readonly value: number }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "octets"; readonly value: Uint8Array }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "bits"; readonly value: readonly boolean[] }
  | { readonly type: "enumerated"; readonly value: number }
  | { readonly type: "date"; readonly value: RawDate }
  | { readonly type: "time"; readonly value: RawTime }
  | { readonly type: "object"; readonly value: ObjectId }
  | { readonly type: "context"; readonly tag: number; readonly value: Uint8Array }
  | { readonly type: "group"; readonly tag: number; readonly items: readonly BacnetValue[] };

export const nullValue: BacnetValue = { type: "null" };
export const real = (value: number): BacnetValue => ({ type: "real", value });
export const unsigned = (value: number): BacnetValue => ({ type: "unsigned", value });
export const enumerated = (value: number): BacnetValue => ({ type: "enumerated", value });
export const text = (value: string): BacnetValue => ({ type: "text", value });
export const bits = (...value: boolean[]): BacnetValue => ({ type: "bits", value });
export const boolean = (value: boolean): BacnetValue => ({ type: "boolean", value });
export const object = (type: number, instance: number): BacnetValue => ({ type: "object", value: { type, instance } });

/** One number per object, so that objects can be keys of maps. */
export function objectKey(id: ObjectId): number {
  return id.type * 0x40_0000 + id.instance;
}

export function sameObject(a: ObjectId, b: ObjectId): boolean {
  return a.type === b.type && a.instance === b.instance;
}

/** A property of an object, or one element of an array property. */
export interface PropertyRef {
  readonly property: number;
  readonly index?: number;
}

/** The error class and code a device answers with. */
export interface BacnetError {
  readonly errorClass: number;
  readonly errorCode: number;
}

/** What one property of a multiple read came back as. */
export type PropertyResult = PropertyRef & ({ readonly values: readonly BacnetValue[] } | { readonly error: BacnetError });

/** 4194303 stands for "whoever you are" in a device identifier. */
export const anyInstance = 0x3f_ffff;
