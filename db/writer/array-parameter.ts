import { Fields } from "./fields.ts";

/** PostgreSQL's own numbers for its types; they never change. */
const typeNumber = { int2: 21, int4: 23, int8: 20, float8: 701, text: 25 } as const;
export type ArrayType = keyof typeof typeNumber;
const headerBytes = 20;

/**
 * An array as a parameter, in binary: the driver would make a text of every element, which is more garbage than all the rest of a
 * transaction. Its elements are appended as fields of that type, as many as were announced.
 */
export class ArrayParameter extends Fields {
  constructor(type: ArrayType, elements: number) {
    super(headerBytes + 12 * elements);
    const header = [elements > 0 ? 1 : 0, 1, typeNumber[type], elements, 1];
    for (const [i, number] of header.entries()) this.view.setInt32(4 * i, number);
    this.at = elements > 0 ? headerBytes : 12;
  }

  /** What the driver sends as it is. */
  value(): Buffer {
    return this.buffer.subarray(0, this.at);
  }
}
