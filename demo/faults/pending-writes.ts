import type { Quantity, QuantityValue } from "../model/quantity.ts";

/** Writes waiting; more at once than this and the oldest happens early. */
const pendingLimit = 1000;

/** Values that are put into the plant later: taken back by a local program, or late because the device is slow to act. */
export class PendingWrites {
  /** By the time they are due; those due at once in the order they came. */
  readonly #pending: { due: number; quantity: Quantity; value: QuantityValue }[] = [];

  add(due: number, quantity: Quantity, value: QuantityValue): void {
    this.#pending.push({ due, quantity, value });
    this.#pending.sort((one, other) => one.due - other.due);
    if (this.#pending.length > pendingLimit) this.#happen();
  }

  step(now: number): void {
    while ((this.#pending[0]?.due ?? Infinity) <= now) this.#happen();
  }

  #happen(): void {
    const first = this.#pending.shift();
    first?.quantity.write?.(first.value);
  }
}
