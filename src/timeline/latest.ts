import type { Tap, TapFactory } from "#src/contract/bus.ts";
import type { LatestValue, LatestValues, Plant } from "#src/contract/gateway.ts";
import type { Fact } from "#msgs/fact.ts";
import type { PointId, PointKey, PointKind } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import { isBad, quality } from "#msgs/quality.ts";
import { valueOf } from "#msgs/sample.ts";
import { grown } from "./columns.ts";

interface Columns {
  values: Float64Array;
  sourceTimes: Float64Array;
  ats: Float64Array;
  qualities: Uint8Array;
  goodValues: Float64Array;
  goodAts: Float64Array;
}

/** Never heard from: no sample carries this byte. */
const unheard = 255;

/** The newest sample of each point, in columns by point key. Historical samples do not touch it. */
export class LatestTap implements LatestValues, Tap {
  readonly name = "latest";
  readonly #plant: Plant;
  readonly #isStale: (key: PointKey) => boolean;
  #columns: Columns = empty(0);
  #texts = new Map<PointKey, string>();
  #goodTexts = new Map<PointKey, string>();

  constructor(plant: Plant, isStale: (key: PointKey) => boolean) {
    this.#plant = plant;
    this.#isStale = isStale;
  }

  readonly factory: TapFactory = () => this;

  see(fact: Fact): void {
    if (fact.kind === "samples") {
      if (fact.samples.origin !== "historical") this.#take(fact.samples, fact.at);
    } else if (fact.kind === "config") this.#forgetGone();
  }

  due(): void {}

  get(point: PointId): LatestValue | undefined {
    const known = this.#plant.points.get(point);
    return known && this.#valueAt(known.key, point, known.kind);
  }

  *all(): Iterable<LatestValue> {
    for (const { id, key, kind } of this.#plant.points.values()) {
      const value = this.#valueAt(key, id, kind);
      if (value) yield value;
    }
  }

  save(): unknown {
    return structuredClone({ columns: this.#columns, texts: this.#texts, goodTexts: this.#goodTexts });
  }

  restore(state: unknown): void {
    const saved = state as { columns: Columns; texts: Map<PointKey, string>; goodTexts: Map<PointKey, string> };
    this.#columns = saved.columns;
    this.#texts = saved.texts;
    this.#goodTexts = saved.goodTexts;
  }

  #take(samples: Samples, at: number): void {
    const { keys, values, sourceTimes, qualities, texts } = samples;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key >= this.#columns.values.length) this.#columns = widened(this.#columns, key + 1);
      const columns = this.#columns;
      columns.values[key] = values[i]!;
      columns.sourceTimes[key] = sourceTimes[i]!;
      columns.ats[key] = at;
      columns.qualities[key] = qualities[i]!;
      if (qualities[i]! < quality.bad) {
        columns.goodValues[key] = values[i]!;
        columns.goodAts[key] = at;
      }
      if (texts || this.#texts.size > 0) this.#takeText(key, texts?.get(i), qualities[i]!);
    }
  }

  /** A point that left the site and returns later begins anew. */
  #forgetGone(): void {
    const { qualities, goodAts } = this.#columns;
    for (let key = 0; key < qualities.length; key++) {
      if (qualities[key] === unheard || this.#plant.byKey[key]) continue;
      qualities[key] = unheard;
      goodAts[key] = 0;
      this.#texts.delete(key);
      this.#goodTexts.delete(key);
    }
  }

  #takeText(key: PointKey, text: string | undefined, byte: number): void {
    if (text === undefined) this.#texts.delete(key);
    else this.#texts.set(key, text);
    if (isBad(byte)) return;
    if (text === undefined) this.#goodTexts.delete(key);
    else this.#goodTexts.set(key, text);
  }

  #valueAt(key: PointKey, point: PointId, kind: PointKind): LatestValue | undefined {
    const columns = this.#columns;
    const byte = columns.qualities[key] ?? unheard;
    if (byte === unheard) return undefined;
    const now = this.#isStale(key) ? Math.max(byte, quality.uncertainStale) : byte;
    const good = columns.goodAts[key]! > 0 ? valueOf(kind, columns.goodValues[key]!, this.#goodTexts.get(key)) : null;
    return {
      point,
      value: isBad(now) ? null : valueOf(kind, columns.values[key]!, this.#texts.get(key)),
      quality: now,
      sourceTime: columns.sourceTimes[key]!,
      at: columns.ats[key]!,
      ...(good !== null && { lastGood: { value: good, at: columns.goodAts[key]! } }),
    };
  }
}

function empty(size: number): Columns {
  return {
    values: new Float64Array(size),
    sourceTimes: new Float64Array(size),
    ats: new Float64Array(size),
    qualities: new Uint8Array(size).fill(unheard),
    goodValues: new Float64Array(size),
    goodAts: new Float64Array(size),
  };
}

function widened(columns: Columns, atLeast: number): Columns {
  const size = grown(columns.values.length, atLeast);
  const wide = empty(size);
  for (const name of Object.keys(wide) as (keyof Columns)[]) wide[name].set(columns[name] as never);
  return wide;
}
