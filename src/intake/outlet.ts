import type { Reading } from "#src/contract/adapter.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import type { FactBody } from "#msgs/fact.ts";
import type { PointId } from "#msgs/point.ts";
import type { SampleOrigin } from "#msgs/sample.ts";
import type { LiveSink } from "./live-sink.ts";
import { Batch } from "./batch.ts";

export interface Delivery {
  readonly origin: SampleOrigin;
  readonly askedAt?: number;
  readonly deviceTimes?: true;
  readonly resume?: { readonly source: string; readonly token: string };
  readonly settled?: (stored: boolean) => void;
}

/** From readings to batches on the timeline: the one way samples get in, for every protocol. */
export class Outlet {
  readonly #plant: Plant;
  readonly #time: LiveTime;
  readonly #sink: LiveSink;

  constructor(plant: Plant, time: LiveTime, sink: LiveSink) {
    this.#plant = plant;
    this.#time = time;
    this.#sink = sink;
  }

  publish(fact: FactBody): void {
    this.#sink.publish(fact);
  }

  /** Answers whether they were taken; a point that left the site meanwhile is passed over. */
  deliver(stream: string, points: readonly PointId[], readings: readonly Reading[], about: Delivery): boolean {
    const now = this.#time.now();
    const trusted = this.#time.trusted();
    const batch = new Batch(points.length);
    for (let i = 0; i < points.length; i++) {
      const point = this.#plant.points.get(points[i]!);
      if (point) batch.add(point, readings[i]!, now, trusted);
    }
    return this.#offer(stream, batch, batch.deviceTimes ? { ...about, deviceTimes: true } : about);
  }

  /**
   * What the device itself recorded of one point, in one batch with where to go on, so that both are on record or neither is.
   * Settles with true once it is durable, with false when it was shed or the point is not in the site any more.
   */
  recorded(source: string, point: PointId, page: { readonly readings: readonly Reading[]; readonly token: string }): Promise<boolean> {
    if (!this.#plant.points.has(point)) return Promise.resolve(false);
    return new Promise((settled) => {
      const resume = { source, token: page.token };
      this.deliver(source, new Array<PointId>(page.readings.length).fill(point), page.readings, { origin: "historical", resume, settled });
    });
  }

  /** Says of all these points that they cannot be had: also while samples are shed, or they would look good for as long as nobody speaks. */
  spoil(stream: string, points: readonly PointId[], quality: number): void {
    const now = this.#time.now();
    const batch = new Batch(points.length);
    for (const id of points) {
      const point = this.#plant.points.get(id);
      if (point) batch.addBad(point.key, quality, now);
    }
    this.#offer(stream, batch, { origin: "pushed" }, true);
  }

  #offer(stream: string, batch: Batch, about: Delivery, isSpoil = false): boolean {
    const { settled, ...rest } = about;
    // A batch without rows still says where its source stands.
    if (batch.count === 0 && !rest.resume) {
      settled?.(true);
      return true;
    }
    const seq = this.#sink.offer(batch.finish({ ...rest, stream }), isSpoil);
    if (seq === undefined) {
      settled?.(false);
      return false;
    }
    if (settled) this.#sink.whenDurable(seq, () => settled(true));
    return true;
  }
}
