import type { Reading } from "#src/contract/adapter.ts";
import type { Point, PointKey } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import { qualityIn, valueIn } from "./normalise.ts";
import { isBad, isGood, quality } from "#msgs/quality.ts";

/** A batch as it fills: what was read goes into its columns at once, since an object for each row costs more than the row. */
export class Batch {
  count = 0;
  /** Whether all that was added so far came with the device's own time. */
  deviceTimes = true;
  readonly #keys: Uint32Array;
  readonly #sourceTimes: Float64Array;
  readonly #values: Float64Array;
  readonly #qualities: Uint8Array;
  #texts: Map<number, string> | undefined;
  #codes: Map<number, number> | undefined;

  constructor(atMost: number) {
    this.#keys = new Uint32Array(atMost);
    this.#sourceTimes = new Float64Array(atMost);
    this.#values = new Float64Array(atMost);
    this.#qualities = new Uint8Array(atMost);
  }

  /** What was read, in the point's own unit and kind, with the quality it deserves. */
  add(point: Point & { readonly key: PointKey }, reading: Reading, receivedAt: Timestamp, trusted: boolean): void {
    // What the adapter calls bad is bad as it says: a lost link is not a faulty sensor.
    const value = isBad(reading.quality) ? null : valueIn(point, reading.raw);
    const byte = isBad(reading.quality) ? reading.quality : qualityIn(point, reading, value, receivedAt, trusted);
    const { sourceTime } = reading;
    const isDated = sourceTime !== undefined && Number.isFinite(sourceTime);
    const row = this.#row(point.key, byte, isDated ? sourceTime : receivedAt);
    if (!isDated) this.deviceTimes = false;
    if (reading.code !== undefined) (this.#codes ??= new Map()).set(row, reading.code);
    if (isBad(byte) || value === null) this.#values[row] = Number.NaN;
    else if (typeof value === "string") this.#text(row, value);
    else this.#values[row] = Number(value);
  }

  /** A row that says the value is not to be had; the reason is told by the link fact beside it. */
  addBad(key: PointKey, byte: Quality, at: Timestamp): void {
    this.#values[this.#row(key, isGood(byte) ? quality.bad : byte, at)] = Number.NaN;
  }

  finish(about: Pick<Samples, "origin" | "stream" | "askedAt" | "deviceTimes" | "resume">): Samples {
    const isFull = this.count === this.#keys.length;
    return {
      keys: isFull ? this.#keys : this.#keys.slice(0, this.count),
      sourceTimes: isFull ? this.#sourceTimes : this.#sourceTimes.slice(0, this.count),
      values: isFull ? this.#values : this.#values.slice(0, this.count),
      qualities: isFull ? this.#qualities : this.#qualities.slice(0, this.count),
      ...about,
      ...(this.#texts && { texts: this.#texts }),
      ...(this.#codes && { codes: this.#codes }),
    };
  }

  #row(key: PointKey, byte: Quality, sourceTime: Timestamp): number {
    const row = this.count++;
    this.#keys[row] = key;
    this.#qualities[row] = byte;
    this.#sourceTimes[row] = sourceTime;
    return row;
  }

  #text(row: number, text: string): void {
    this.#values[row] = Number.NaN;
    (this.#texts ??= new Map()).set(row, text);
  }
}
