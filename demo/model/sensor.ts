import { firstOrder } from "./first-order.ts";
import type { Random } from "./random.ts";

export interface SensorShape {
  /** The point it shows, such as `pipe/flow`. */
  name: string;
  /** The truth it looks at. */
  truth: () => number;
  lagSeconds: number;
  /** Standard deviation of the noise, in the unit of the value. */
  noise: number;
  /** Readings below this are shown as zero, as flow meters do. */
  cutOff?: number;
  /** What the instrument can show at most; beyond it saturates. */
  range?: readonly [number, number];
}

/** How an instrument lies. */
export type SensorFault = { kind: "drift"; perSecond: number } | { kind: "offset"; by: number } | { kind: "freeze" };

/** A field instrument: slower than the truth, a little noisy, and able to drift or freeze. */
export class Sensor {
  readonly shape: SensorShape;
  value: number;
  #smooth: number;
  #drift = 0;
  #fault: SensorFault | null = null;
  readonly #random: Random;

  constructor(shape: SensorShape, random: Random) {
    this.shape = shape;
    this.#random = random;
    this.#smooth = shape.truth();
    this.value = this.#smooth;
  }

  get fault(): SensorFault | null {
    return this.#fault;
  }

  /** A repaired instrument shows the truth again at once: the drift is gone with its cause. */
  setFault(fault: SensorFault | null): void {
    this.#fault = fault;
    this.#drift = 0;
  }

  step(seconds: number): void {
    const { truth, lagSeconds, noise, cutOff, range } = this.shape;
    this.#smooth = firstOrder(this.#smooth, truth(), seconds, lagSeconds);
    // The noise is drawn even while frozen, so that a fault shifts no other moment of the trajectory.
    const jitter = noise * this.#random.gauss();
    if (this.#fault?.kind === "freeze") return;
    if (this.#fault?.kind === "drift") this.#drift += this.#fault.perSecond * seconds;
    if (this.#fault?.kind === "offset") this.#drift = this.#fault.by;
    let shown = this.#smooth + jitter + this.#drift;
    if (cutOff !== undefined && Math.abs(shown) < cutOff) shown = 0;
    if (range !== undefined) shown = Math.min(range[1], Math.max(range[0], shown));
    this.value = shown;
  }
}
