import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

const chunk = 1 << 20;

/** A file of nothing that keeps room on the disk, given up when somebody else has filled the rest. */
export class Reserve {
  readonly #folder: string;
  readonly #file: string;
  readonly #bytes: number;
  isUsed = false;

  constructor(folder: string, bytes: number) {
    this.#folder = folder;
    this.#file = join(folder, "control.reserve");
    this.#bytes = bytes;
    if (bytes > 0 && !this.#isThere()) this.#fill();
  }

  /** True when there was something to give up. */
  release(): boolean {
    if (this.isUsed || !existsSync(this.#file)) return false;
    rmSync(this.#file);
    this.isUsed = true;
    return true;
  }

  /** Takes the room back once the disk has three times as much again. */
  restore(): void {
    if (!this.isUsed) return;
    const { bavail, bsize } = statfsSync(this.#folder);
    if (bavail * bsize > 3 * this.#bytes) this.#fill();
  }

  #isThere(): boolean {
    return existsSync(this.#file) && statSync(this.#file).size === this.#bytes;
  }

  /** Written, not merely sized: a hole keeps no room. */
  #fill(): void {
    const zeros = Buffer.alloc(chunk);
    const file = openSync(this.#file, "w", 0o600);
    try {
      for (let left = this.#bytes; left > 0; left -= chunk) writeSync(file, zeros, 0, Math.min(left, chunk));
      fsyncSync(file);
      this.isUsed = false;
    } catch {
      // A disk without room for the reserve is in use of it from the start.
      rmSync(this.#file, { force: true });
      this.isUsed = true;
    } finally {
      closeSync(file);
    }
  }
}
