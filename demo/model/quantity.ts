/** A value of the plant as a device knows it: booleans, numbers, or a short text on a label. */
export type QuantityValue = number | boolean | string;

/** One thing of the plant that a device shows, and perhaps takes, by the name of its point. */
export interface Quantity {
  read(): QuantityValue;
  /** Present when it can be told something. Ranges are the business of the device that offers it. */
  write?(value: QuantityValue): void;
}

export type Quantities = ReadonlyMap<string, Quantity>;
