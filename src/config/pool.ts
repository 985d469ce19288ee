/**
 * Equal parts of a description, each in memory once: two hundred devices made of one template have two hundred thousand addresses and
 * scales and only as many different ones as the template has points.
 */
export class Pool {
  readonly #texts = new Map<string, string>();
  readonly #parts = new Map<string, unknown>();

  text(text: string): string {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }

  /** Plain data of a few settings; what is handed out is shared, so nobody may change it. */
  part<T extends object>(part: T): T {
    const text = JSON.stringify(part);
    const known = this.#parts.get(text) as T | undefined;
    if (known === undefined) this.#parts.set(text, part);
    return known ?? part;
  }
}
