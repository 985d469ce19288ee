import type { Environment } from "../environment.ts";

/** Bytes of large samples on their way and not acknowledged, about what a receiver's socket buffer holds. */
const windowBytes = 1 << 20;
/** The longest a large sample waits for acknowledgements of those before it: a reader that sleeps must not stop the writer. */
const patienceMs = 20;

/** Keeps a writer of large samples from sending faster than its reliable readers can take them in. */
export class InFlight {
  private readonly samples: { readonly sequence: number; readonly bytes: number }[] = [];
  private readonly env: Environment;
  private bytes = 0;
  private sinceMs = 0;

  constructor(env: Environment) {
    this.env = env;
  }

  /** Whether one more may leave now. */
  hasRoom(): boolean {
    return this.bytes < windowBytes || this.env.monoMs() - this.sinceMs > patienceMs;
  }

  sent(sequence: number, bytes: number): void {
    this.samples.push({ sequence, bytes });
    this.bytes += bytes;
    this.sinceMs = this.env.monoMs();
  }

  acknowledged(sequence: number): void {
    while (this.samples.length > 0 && this.samples[0]!.sequence <= sequence) this.bytes -= this.samples.shift()!.bytes;
  }
}
