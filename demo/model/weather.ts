import { clamp, Wander } from "./first-order.ts";
import { seededRandom } from "./random.ts";

/** The plant starts at eight in the morning of its own day, so that a fresh start shows a working plant. */
const startHour = 8;

/** Air over the site: a daily swing plus a slow wander. */
export class Weather {
  celsius = 10;
  humidityPercent = 60;
  windMetresPerSecond = 3;
  /** Hours since midnight of the plant's own day. */
  hour = startHour;
  readonly #warmth: Wander;
  readonly #damp: Wander;
  readonly #gusts: Wander;

  constructor(seed: number) {
    this.#warmth = new Wander(seededRandom(seed, "weather/warmth"), 1.5, 3600);
    this.#damp = new Wander(seededRandom(seed, "weather/damp"), 6, 2400);
    this.#gusts = new Wander(seededRandom(seed, "weather/gusts"), 1.2, 45);
  }

  step(seconds: number, plantSeconds: number): void {
    this.#warmth.step(seconds);
    this.#damp.step(seconds);
    this.#gusts.step(seconds);
    this.hour = (startHour + plantSeconds / 3600) % 24;
    const swing = Math.sin(((this.hour - 9) / 24) * 2 * Math.PI);
    this.celsius = 11 + 6 * swing + this.#warmth.value;
    this.humidityPercent = clamp(62 - 14 * swing + this.#damp.value, 5, 100);
    this.windMetresPerSecond = Math.max(0, 3.5 + swing + this.#gusts.value);
  }
}
