import type { Quantity, QuantityValue } from "../model/quantity.ts";

/** Writes waiting to be undone; more at once than this and the oldest is undone early. */
const pendingLimit = 1000;

/** Values that are put back after their time, as a device with a local program of its own does. */
export class PendingReverts {
  readonly #pending: { due: number; quantity: Quantity; value: QuantityValue }[] = [];

  add(due: number, quantity: Quantity, value: QuantityValue): void {
    this.#pending.push({ due, quantity, value });
    if (this.#pending.length > pendingLimit) this.#undo(0);
  }

  step(now: number): void {
    for (let index = this.#pending.length - 1; index >= 0; index--) {
      if ((this.#pending[index]?.due ?? Infinity) <= now) this.#undo(index);
    }
  }

  #undo(index: number): void {
    const [entry] = this.#pending.splice(index, 1);
    entry?.quantity.write?.(entry.value);
  }
}
