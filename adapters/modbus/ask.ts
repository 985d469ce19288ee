import type { GatewayError } from "#src/kit/errors.ts";
import type { Question } from "./pdu.ts";

/** One request on its way: queued, then flying, then over. */
export class Ask {
  readonly unit: number;
  readonly question: Question;
  readonly timeoutMs: number;
  /** Writes, and reads that somebody waits for, go before polls. */
  readonly urgent: boolean;
  /** Nobody answers a broadcast. */
  readonly broadcast: boolean;
  /** Asked only to see whether anybody is there: silence says nothing about the link. */
  readonly probe: boolean;
  readonly settle: Settle;
  phase: "queued" | "flying" | "over" = "queued";
  /** Nobody wants the answer any more, but the device is still busy with it. */
  forgotten = false;
  deadlineUs = 0;
  transaction = 0;

  constructor(about: AskOptions & { unit: number; question: Question; timeoutMs: number; settle: Settle }) {
    this.unit = about.unit;
    this.question = about.question;
    this.timeoutMs = about.timeoutMs;
    this.urgent = about.urgent ?? false;
    this.broadcast = about.broadcast ?? false;
    this.probe = about.probe ?? false;
    this.settle = about.settle;
  }
}

export interface AskOptions {
  readonly urgent?: boolean;
  readonly broadcast?: boolean;
  readonly probe?: boolean;
}

/**
 * Called once, unless the ask was forgotten. The answer is `bytes` from `start` to `end`, checked against its question or an
 * exception; it must be read before returning, because the buffer is used again.
 */
export type Settle = (error: GatewayError | undefined, bytes: Buffer, start: number, end: number) => void;
