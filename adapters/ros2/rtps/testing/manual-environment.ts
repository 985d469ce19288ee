import type { Environment } from "../environment.ts";

/** Time that moves only when told to. Timers run in the order they are due. */
export class ManualEnvironment implements Environment {
  private now = 0;
  private readonly timers: { due: number; run: () => void }[] = [];
  readonly log = { info: () => {}, warn: () => {}, error: () => {} };

  wallUs(): number {
    return 1_700_000_000_000_000 + this.now * 1000;
  }
  monoMs(): number {
    return this.now;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { due: this.now + ms, run };
    this.timers.push(timer);
    return () => {
      const at = this.timers.indexOf(timer);
      if (at >= 0) this.timers.splice(at, 1);
    };
  }
  soon(run: () => void): void {
    this.after(0, run);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.due);
      next.run();
    }
    this.now = end;
  }
}
