import type { Sample } from "../sample.ts";
import { parseTime } from "../time.ts";
import type { ServerFrameOf } from "../wire/server-frames.ts";

/** Newest values as they arrived together. */
export interface SampleBatch {
  readonly timeline: string;
  readonly samples: readonly Sample[];
}

/** Turns both forms of value frames into samples; remembers, per timeline, which key is which point. */
export interface SampleReader {
  points(frame: ServerFrameOf<"points">): void;
  columns(frame: ServerFrameOf<"columns">): SampleBatch;
  rows(frame: ServerFrameOf<"samples">): SampleBatch;
  /** A new connection may give the keys anew. */
  reset(): void;
}

export function sampleReader(): SampleReader {
  const names = new Map<string, Map<number, string>>();
  return {
    points(frame) {
      let known = names.get(frame.timeline);
      if (!known) names.set(frame.timeline, (known = new Map()));
      frame.keys.forEach((key, i) => known.set(key, frame.points[i] ?? ""));
    },
    columns(frame) {
      const known = names.get(frame.timeline);
      const samples: Sample[] = [];
      for (let i = 0; i < frame.keys.length; i++) {
        const point = known?.get(frame.keys[i] ?? -1);
        if (point === undefined) continue;
        samples.push({
          point,
          value: frame.values[i] ?? null,
          quality: frame.qualities[i] ?? 128,
          sourceTime: frame.sourceTimesUs[i] ?? 0,
          at: frame.atUs[i] ?? 0,
        });
      }
      return { timeline: frame.timeline, samples };
    },
    rows(frame) {
      const samples = frame.samples.map((row) => ({ ...row, sourceTime: parseTime(row.sourceTime) ?? 0, at: parseTime(row.at) ?? 0 }));
      return { timeline: frame.timeline, samples };
    },
    reset() {
      names.clear();
    },
  };
}
