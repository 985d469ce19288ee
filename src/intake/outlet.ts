import type { Reading } from "#src/contract/adapter.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import type { FactBody } from "#msgs/fact.ts";
import type { PointId } from "#msgs/point.ts";
import type { SampleOrigin, SampleRow, Samples } from "#msgs/sample.ts";
import { samplesOf } from "#msgs/sample.ts";
import { badRow, rowOf } from "./normalise.ts";

/** The live timeline as the device side sees it. */
export interface LiveSink {
  publish(fact: FactBody): void;
  /** The seq of the batch, or undefined when it was shed. */
  offer(samples: Samples): number | undefined;
  /** Runs once everything up to this seq is durable. */
  whenDurable(seq: number, run: () => void): void;
}

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

  /** Answers with how many samples were taken; a point that left the site meanwhile is passed over. */
  deliver(stream: string, points: readonly PointId[], readings: readonly Reading[], about: Delivery): boolean {
    const now = this.#time.now();
    const trusted = this.#time.trusted();
    const rows: SampleRow[] = [];
    let deviceTimes = true;
    for (let i = 0; i < points.length; i++) {
      const point = this.#plant.points.get(points[i]!);
      if (!point) continue;
      rows.push(rowOf(point, readings[i]!, now, trusted));
      if (readings[i]!.sourceTime === undefined) deviceTimes = false;
    }
    return this.#offer(stream, rows, deviceTimes ? { ...about, deviceTimes } : about);
  }

  /** Says of all these points that they cannot be had. */
  spoil(stream: string, points: readonly PointId[], quality: number): void {
    const now = this.#time.now();
    const rows = points.flatMap((id) => {
      const point = this.#plant.points.get(id);
      return point ? [badRow(point.key, now, quality)] : [];
    });
    this.#offer(stream, rows, { origin: "pushed" });
  }

  #offer(stream: string, rows: readonly SampleRow[], about: Delivery): boolean {
    const { settled, ...rest } = about;
    if (rows.length === 0) {
      settled?.(true);
      return true;
    }
    const seq = this.#sink.offer(samplesOf(rows, { ...rest, stream }));
    if (seq === undefined) {
      settled?.(false);
      return false;
    }
    if (settled) this.#sink.whenDurable(seq, () => settled(true));
    return true;
  }
}
