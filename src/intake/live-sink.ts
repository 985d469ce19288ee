import type { FactBody } from "#msgs/fact.ts";
import type { Samples } from "#msgs/sample.ts";

/** The live timeline as the device side sees it. */
export interface LiveSink {
  publish(fact: FactBody): void;
  /** The seq of the batch, or undefined when it was shed. A spoil says that values are not to be had, and is never lost. */
  offer(samples: Samples, isSpoil?: boolean): number | undefined;
  /** Runs once everything up to this seq is durable. */
  whenDurable(seq: number, run: () => void): void;
}

/** What a sink is made of: the driver that stamps, and the journal that says when it holds. */
export interface SinkParts {
  readonly driver: { publish(fact: FactBody): void; offer(samples: Samples, isSpoil?: boolean): number | undefined };
  readonly journal: { onDurable(see: (seq: number) => void): unknown };
}

/** Runs what waits for durability in the order of its seq, once, as the journal reports it. */
export function liveSink({ driver, journal }: SinkParts): LiveSink {
  const waiting: { seq: number; run: () => void }[] = [];
  let isListening = false;
  const settle = (durable: number): void => {
    while (waiting[0] && waiting[0].seq <= durable) waiting.shift()!.run();
  };
  return {
    publish: (fact) => driver.publish(fact),
    offer: (samples, isSpoil) => driver.offer(samples, isSpoil),
    whenDurable: (seq, run) => {
      if (!isListening) journal.onDurable(settle);
      isListening = true;
      waiting.push({ seq, run });
    },
  };
}
