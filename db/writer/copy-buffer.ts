import { Fields } from "./fields.ts";

const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const firstRoom = 8_192;
/** A buffer that one entry made larger than a transaction usually needs is not kept for the next. */
const keptAtMost = 8 * 2 ** 20;

/** Rows in PostgreSQL's binary COPY format: half the work for both sides compared with text. */
export class CopyBuffer extends Fields {
  rows = 0;

  constructor(room = firstRoom) {
    super(Math.max(room, firstRoom));
    this.#begin();
  }

  row(fields: number): void {
    this.room(2);
    this.view.setInt16(this.at, fields);
    this.at += 2;
    this.rows++;
  }

  /** One row of `samples`, all seven fields at once: this is where the time of a busy gateway goes. */
  sample(time: number, at: number, value: number, sourceTime: number | null, code: number | null, pointKey: number, quality: number): void {
    this.room(74);
    const view = this.view;
    let to = this.at;
    view.setInt16(to, 7);
    view.setInt32(to + 2, 8);
    this.timeAt(to + 6, time);
    view.setInt32(to + 14, 8);
    this.timeAt(to + 18, at);
    to += 26;
    if (value === value) {
      view.setInt32(to, 8);
      view.setFloat64(to + 4, value);
      to += 12;
    } else {
      view.setInt32(to, -1);
      to += 4;
    }
    view.setInt32(to, sourceTime === null ? -1 : 8);
    to += 4;
    if (sourceTime !== null) {
      this.timeAt(to, sourceTime);
      to += 8;
    }
    view.setInt32(to, code === null ? -1 : 8);
    to += 4;
    if (code !== null) {
      this.wide(to, code);
      to += 8;
    }
    view.setInt32(to, 4);
    view.setInt32(to + 4, pointKey);
    view.setInt32(to + 8, 2);
    view.setInt16(to + 12, quality);
    this.at = to + 14;
    this.rows++;
  }

  /** Everything written, with the mark that ends it; it lies in this buffer until that is wiped. */
  finish(): Buffer {
    this.room(2);
    this.view.setInt16(this.at, -1);
    return this.buffer.subarray(0, this.at + 2);
  }

  /** Empty again, in the same memory. */
  wipe(): void {
    if (this.buffer.length > keptAtMost) this.replace(firstRoom);
    this.rows = 0;
    this.#begin();
  }

  #begin(): void {
    this.buffer.set(signature);
    this.at = signature.length;
  }
}
