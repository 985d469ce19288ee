import type { Environment } from "../environment.ts";
import type { Limits } from "../limits.ts";
import type { Outbox } from "../net/outbox.ts";
import type { OutboundQueue } from "../net/outbound-queue.ts";

/** What a participant gives to each of its writers. */
export interface WriterContext {
  readonly env: Environment;
  readonly limits: Limits;
  readonly outbox: Outbox;
  readonly queue: OutboundQueue;
  /** Called for each sample, for deadlines that the writer itself has promised. */
  readonly wrote?: () => void;
}

export interface WriteOptions {
  /** When the value was true; now, where nothing is said. */
  readonly sourceTimeUs?: number;
  /** Inline QoS as a finished parameter list. */
  readonly inline?: Buffer;
  /** The instance the sample is about: only its newest sample is kept. */
  readonly key?: string;
  /** The payload holds nothing but the key. */
  readonly keyOnly?: boolean;
}

/** What one writer has done. */
export interface WriterStats {
  written: number;
  bytes: number;
  /** Writes refused by a full keep-all history, and large samples that found the outbound queue full. */
  refused: number;
  /** Samples sent again because somebody asked. */
  repaired: number;
  /** Samples asked for after their lifespan had ended. */
  expired: number;
}
