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

  /**
   * Makes every text and every part of a description the one of this pool, in place: what has just crossed between threads came with
   * texts of its own for each point. `own` names the parts that are taken apart in turn, because no two of them are equal as a whole.
   */
  share(whole: object, own: readonly string[] = []): void {
    const parts = whole as Record<string, unknown>;
    for (const name of Object.keys(parts)) {
      const part = parts[name];
      if (typeof part === "string") parts[name] = this.text(part);
      else if (typeof part !== "object" || part === null) continue;
      else if (own.includes(name)) this.share(part);
      else parts[name] = this.part(part);
    }
  }
}
