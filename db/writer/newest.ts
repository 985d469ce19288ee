import { assert } from "#src/kit/errors.ts";
import { KeyColumn } from "../key-column.ts";
import { storable } from "./fields.ts";

/** The newest value of each point within one transaction, in columns, because that is how it is sent. */
export class Newest {
  readonly room: number;
  /** Points seen so far, a row each. */
  rows = 0;
  readonly keys: Int32Array;
  readonly times: Float64Array;
  readonly ats: Float64Array;
  /** NaN where there is none. */
  readonly values: Float64Array;
  readonly qualities: Uint8Array;
  readonly texts = new Map<number, string>();
  readonly codes = new Map<number, number>();
  /** One more than the row of each point. */
  readonly #place = new KeyColumn();

  /** Room for so many points. */
  constructor(room: number) {
    this.room = room;
    this.keys = new Int32Array(room);
    this.times = new Float64Array(room);
    this.ats = new Float64Array(room);
    this.values = new Float64Array(room);
    this.qualities = new Uint8Array(room);
  }

  see(key: number, time: number, at: number, value: number, quality: number, text: string | undefined, code: number | null): void {
    let row = this.#place.get(key) - 1;
    if (row === -1) {
      assert(this.rows < this.room, "a transaction has no more points than samples");
      row = this.rows++;
      this.#place.set(key, this.rows);
      this.keys[row] = key;
    } else if (time < this.times[row]!) return;
    this.times[row] = time;
    this.ats[row] = at;
    this.values[row] = text === undefined ? value : Number.NaN;
    this.qualities[row] = quality;
    if (text !== undefined) this.texts.set(row, storable(text));
    else if (this.texts.size > 0) this.texts.delete(row);
    if (code !== null) this.codes.set(row, code);
    else if (this.codes.size > 0) this.codes.delete(row);
  }

  /** Empty again, in the same memory. */
  wipe(): void {
    for (let row = 0; row < this.rows; row++) this.#place.set(this.keys[row]!, 0);
    this.rows = 0;
    this.texts.clear();
    this.codes.clear();
  }
}
