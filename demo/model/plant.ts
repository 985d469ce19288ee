import { AirHandler } from "./air-handler.ts";
import { siteInstruments } from "./instruments.ts";
import { Pipeline } from "./pipeline.ts";
import { plantQuantities } from "./plant-quantities.ts";
import type { Quantities, QuantityValue } from "./quantity.ts";
import { type Robot, siteRobots } from "./robot.ts";
import type { Sensor } from "./sensor.ts";
import { Weather } from "./weather.ts";

/** The grain of plant time. Every trajectory is made of whole ticks, so it does not depend on how time was handed in. */
export const tickMs = 100;
/** The plant runs this long before it is shown, so that a start shows a steady plant. */
const warmUpTicks = 3000;

/** What the meters have counted, including what their noise made them count. */
export interface MeterTotals {
  inletLitres: number;
  outletLitres: number;
  /** How long the two meters have disagreed by more than 25 l/min. */
  imbalanceSeconds: number;
}

/** The whole site as physics: the same seed and the same acts at the same ticks give the same trajectory. */
export class Plant {
  readonly seed: number;
  readonly weather: Weather;
  readonly pipeline: Pipeline;
  readonly airHandler = new AirHandler();
  readonly robots: readonly Robot[] = siteRobots();
  readonly instruments: ReadonlyMap<string, Sensor>;
  readonly quantities: Quantities;
  readonly totals: MeterTotals = { inletLitres: 0, outletLitres: 0, imbalanceSeconds: 0 };
  /** Whole ticks since the start; negative while it warms up. */
  ticks = -warmUpTicks;
  #remainderMs = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.weather = new Weather(seed);
    this.pipeline = new Pipeline(seed);
    this.instruments = siteInstruments(seed, this.pipeline, this.airHandler, this.weather);
    this.quantities = plantQuantities(this);
    while (this.ticks < 0) this.tick();
    this.totals.inletLitres = 0;
    this.totals.outletLitres = 0;
  }

  /** Plant seconds since the start. */
  get seconds(): number {
    return (this.ticks * tickMs) / 1000;
  }

  /** Lets plant time pass; what is less than a tick is kept for the next call. */
  advance(milliseconds: number): void {
    this.#remainderMs += milliseconds;
    while (this.#remainderMs >= tickMs) {
      this.#remainderMs -= tickMs;
      this.tick();
    }
  }

  /** What a point shows now; asking for one the plant does not have is our mistake. */
  shown(point: string): QuantityValue {
    const quantity = this.quantities.get(point);
    if (quantity === undefined) throw new Error(`the plant has no ${point}`);
    return quantity.read();
  }

  tick(): void {
    const seconds = tickMs / 1000;
    this.ticks++;
    this.weather.step(seconds, Math.max(0, this.seconds));
    const flow = this.#measured("pipe/flow");
    this.pipeline.step(seconds, { flow, level1: this.#measured("t-1/level"), level2: this.#measured("t-2/level") }, this.weather.celsius);
    this.airHandler.step(seconds, this.weather.celsius, this.weather.hour);
    if (this.ticks > 0) for (const robot of this.robots) robot.step(seconds);
    for (const sensor of this.instruments.values()) sensor.step(seconds);
    this.#count(seconds);
  }

  #measured(point: string): number {
    const sensor = this.instruments.get(point);
    if (sensor === undefined) throw new Error(`no instrument shows ${point}`);
    return sensor.value;
  }

  #count(seconds: number): void {
    const inlet = this.#measured("pipe/flow");
    const outlet = this.#measured("outlet/flow");
    this.totals.inletLitres += (inlet / 60) * seconds;
    this.totals.outletLitres += (outlet / 60) * seconds;
    const disagree = Math.abs(inlet - outlet) > 25;
    this.totals.imbalanceSeconds = disagree ? this.totals.imbalanceSeconds + seconds : 0;
  }
}
