/** A message as JavaScript sees it. 64-bit integers are bigint; arrays of numbers are typed arrays. */
export type Value =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly Value[]
  | Message;

export interface Message {
  readonly [field: string]: Value;
}

/** What may be given to be sent: fields left out take their declared default, or zero. */
export type Draft = { readonly [field: string]: unknown };
