/** Bytes that several parts share. Whoever takes gives back exactly as much. */
export class MemoryBudget {
  readonly limit: number;
  used = 0;
  /** How often somebody asked for more than there was. */
  refusals = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) {
      this.refusals++;
      return false;
    }
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
