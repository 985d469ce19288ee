import type { Random } from "./random.ts";

/** The value a first-order element shows after `seconds` when it is pulled towards `target`; exact for any step. */
export function firstOrder(value: number, target: number, seconds: number, timeConstant: number): number {
  if (timeConstant <= 0) return target;
  return target + (value - target) * Math.exp(-seconds / timeConstant);
}

/** A slow wander around zero with the given spread: weather, consumers, anything that is never quite still. */
export class Wander {
  value = 0;
  readonly #random: Random;
  readonly #spread: number;
  readonly #timeConstant: number;

  constructor(random: Random, spread: number, timeConstant: number) {
    this.#random = random;
    this.#spread = spread;
    this.#timeConstant = timeConstant;
  }

  step(seconds: number): void {
    const keep = Math.exp(-seconds / this.#timeConstant);
    this.value = this.value * keep + this.#spread * Math.sqrt(1 - keep * keep) * this.#random.gauss();
  }
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
