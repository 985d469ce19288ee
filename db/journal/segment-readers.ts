import { openSegment, type Segment } from "./segment.ts";

/** Files held open for reading; a reader goes through them in order, so a few are enough. */
const openAtOnce = 4;

export class SegmentReaders {
  #open = new Map<string, Segment>();

  of(path: string): Segment {
    const open = this.#open.get(path);
    if (open) return open;
    for (const [oldest] of this.#open) {
      if (this.#open.size < openAtOnce) break;
      this.close(oldest);
    }
    const segment = openSegment(path);
    this.#open.set(path, segment);
    return segment;
  }

  close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }

  closeAll(): void {
    for (const path of [...this.#open.keys()]) this.close(path);
  }
}
