import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { BacnetValue } from "../wire/value.ts";

export interface PriorityArrayOptions {
  readonly default: BacnetValue;
  /** Called when the effective value has changed. */
  readonly apply: (value: BacnetValue) => void;
  /** Seconds a binary output stays on or off once it has turned. */
  readonly minimum?: { readonly onSeconds: number; readonly offSeconds: number; readonly timers: Timers };
}

/** Sixteen slots; the highest that is not null wins, and when all are null the relinquish default does (clause 19.2). */
export class PriorityArray {
  readonly #options: PriorityArrayOptions;
  readonly #slots: (BacnetValue | undefined)[] = new Array<undefined>(16).fill(undefined);
  #effective: BacnetValue;
  #cancelMinimum: Cancel = () => undefined;

  constructor(options: PriorityArrayOptions) {
    this.#options = options;
    this.#effective = options.default;
  }

  get effective(): BacnetValue {
    return this.#effective;
  }

  get slots(): readonly BacnetValue[] {
    return this.#slots.map((slot) => slot ?? { type: "null" });
  }

  write(value: BacnetValue, priority: number): void {
    this.#slots[priority - 1] = value.type === "null" ? undefined : value;
    this.#settle();
  }

  /** A restart: devices that keep nothing come back like this. */
  clear(): void {
    this.#cancelMinimum();
    this.#slots.fill(undefined);
    this.#settle();
  }

  #settle(): void {
    const next = this.#slots.find((slot) => slot !== undefined) ?? this.#options.default;
    if (same(next, this.#effective)) return;
    this.#effective = next;
    this.#holdMinimum(next);
    this.#options.apply(next);
  }

  /** Slot 6 takes what the output has just turned to, and keeps it for the minimum time (clause 19.2.3). */
  #holdMinimum(value: BacnetValue): void {
    const { minimum } = this.#options;
    if (!minimum) return;
    const on = value.type === "enumerated" && value.value === 1;
    const seconds = on ? minimum.onSeconds : minimum.offSeconds;
    this.#cancelMinimum();
    if (seconds <= 0) return;
    this.#slots[5] = value;
    this.#cancelMinimum = minimum.timers.after(seconds * 1000, () => this.write({ type: "null" }, 6));
  }
}

function same(a: BacnetValue, b: BacnetValue): boolean {
  return a.type === b.type && "value" in a && "value" in b && a.value === b.value;
}
