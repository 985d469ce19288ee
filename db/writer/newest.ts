import { storable } from "./copy-buffer.ts";

/** The newest value of each point within one transaction, in columns, because that is how it is sent. */
export class Newest {
  readonly #row = new Map<number, number>();
  readonly keys: number[] = [];
  readonly times: number[] = [];
  readonly ats: number[] = [];
  readonly values: (number | null)[] = [];
  readonly texts: (string | null)[] = [];
  readonly codes: (number | null)[] = [];
  readonly qualities: number[] = [];

  see(key: number, time: number, at: number, value: number, quality: number, text: string | undefined, code: number | null): void {
    let row = this.#row.get(key);
    if (row === undefined) {
      row = this.keys.length;
      this.#row.set(key, row);
      this.keys.push(key);
    } else if (time < this.times[row]!) return;
    this.times[row] = time;
    this.ats[row] = at;
    this.values[row] = text !== undefined || Number.isNaN(value) ? null : value;
    this.texts[row] = text === undefined ? null : storable(text);
    this.codes[row] = code;
    this.qualities[row] = quality;
  }
}
