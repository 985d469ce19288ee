import type { Fault, FaultKind } from "./fault.ts";

/** The faults that are on now. One fault of each kind per target; setting it again replaces its settings. */
export class FaultBoard {
  readonly #faults = new Map<string, Fault>();
  readonly #watchers: (() => void)[] = [];

  put(fault: Fault): void {
    this.#faults.set(`${fault.target} ${fault.kind}`, fault);
    this.#tell();
  }

  /** Answers whether it was on. */
  lift(target: string, kind: FaultKind): boolean {
    const was = this.#faults.delete(`${target} ${kind}`);
    this.#tell();
    return was;
  }

  find(target: string, kind: FaultKind): Fault | null {
    return this.#faults.get(`${target} ${kind}`) ?? null;
  }

  /** Any fault at all on this target. */
  touches(target: string): boolean {
    return this.list().some((fault) => fault.target === target);
  }

  list(): Fault[] {
    return [...this.#faults.values()];
  }

  /** Devices keep what they need to know in a form that is quick to ask; they make it anew when something changed. */
  watch(changed: () => void): void {
    this.#watchers.push(changed);
  }

  #tell(): void {
    for (const changed of this.#watchers) changed();
  }
}
