import type { Priority } from "#msgs/command.ts";
import type { PointId } from "#msgs/point.ts";

/** Whose command it was. */
export interface Hand {
  readonly command: string;
  readonly by: string;
}

interface Followed {
  /** Recipes that may have to put this slot back. */
  count: number;
  last: Hand | undefined;
}

/**
 * An empty slot cannot say who emptied it. Of slots that a recipe under way may have to put back it is known here; of all others
 * nothing is kept, so that this never holds more than the recipes' members.
 */
export class LastHands {
  readonly #followed = new Map<string, Followed>();

  follow(point: PointId, priority: Priority): void {
    const key = keyOf(point, priority);
    const followed = this.#followed.get(key);
    if (followed) followed.count++;
    else this.#followed.set(key, { count: 1, last: undefined });
  }

  forget(point: PointId, priority: Priority): void {
    const key = keyOf(point, priority);
    const followed = this.#followed.get(key);
    if (followed && --followed.count === 0) this.#followed.delete(key);
  }

  /** The slot was filled or emptied. Returns how to take that back, for when the device says no. */
  took(point: PointId, priority: Priority, hand: Hand | undefined): () => void {
    const followed = this.#followed.get(keyOf(point, priority));
    if (!followed) return () => {};
    const before = followed.last;
    followed.last = hand;
    return () => (followed.last = before);
  }

  /** Undefined when nobody has touched it since it is followed. */
  of(point: PointId, priority: Priority): Hand | undefined {
    return this.#followed.get(keyOf(point, priority))?.last;
  }
}

function keyOf(point: PointId, priority: Priority): string {
  return `${priority}/${point}`;
}
