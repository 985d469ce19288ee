import { assert } from "#src/kit/errors.ts";

/** One at a time per key, in order of arrival, with a bound on how many may wait. */
export class Lanes {
  readonly #atMost: number;
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();

  constructor(atMost: number) {
    this.#atMost = atMost;
  }

  isFull(key: string): boolean {
    return (this.#waiting.get(key)?.length ?? 0) >= this.#atMost;
  }

  /** `work` must not reject: what goes wrong in it has to become the end of a command. */
  run(key: string, work: () => Promise<void>): void {
    const queue = this.#waiting.get(key);
    if (queue) queue.push(work);
    else {
      const fresh = [work];
      this.#waiting.set(key, fresh);
      void this.#drain(key, fresh);
    }
  }

  async #drain(key: string, queue: (() => Promise<void>)[]): Promise<void> {
    while (queue.length > 0) {
      await queue[0]!();
      queue.shift();
    }
    assert(this.#waiting.get(key) === queue, "two queues of one lane");
    this.#waiting.delete(key);
  }
}
