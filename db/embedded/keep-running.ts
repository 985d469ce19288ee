import type { Log } from "#src/kit/log.ts";
import { messageOf } from "#src/kit/errors.ts";

/** How often somebody looks whether it runs; the first pause after an attempt, which doubles up to the ceiling. */
const lookEveryMs = 1_000;
const ceilingMs = 30_000;
/** A server that lived this many looks has got over what ended the one before it. */
const looksUntilWell = 60;

export interface Kept {
  isRunning(): boolean;
  /** Starts it again; rejects when that does not work now. */
  revive(): Promise<void>;
  readonly log: Log;
}

/**
 * Starts a server again that ended without being told to: PostgreSQL gives up when its disk is full, and nobody but us would
 * start it when there is room. Answers with what ends the watch; an attempt that is under way is waited for.
 */
export function keepRunning({ isRunning, revive, log }: Kept): () => Promise<void> {
  let attempts = 0;
  let looks = 0;
  let isToldAway = false;
  let reviving = Promise.resolve();
  let isOver = false;
  let timer = setTimeout(look, lookEveryMs);
  timer.unref();

  function again(ms: number): void {
    if (isOver) return;
    timer = setTimeout(look, ms);
    timer.unref();
  }

  function look(): void {
    if (isRunning()) {
      if (++looks > looksUntilWell) attempts = 0;
      return again(lookEveryMs);
    }
    looks = 0;
    reviving = attempt().then(() => again(Math.min(lookEveryMs * 2 ** attempts++, ceilingMs)));
  }

  async function attempt(): Promise<void> {
    // The first refusal is news; the next ones only say when.
    const tell = (message: string) => (isToldAway ? log.debug(message) : log.warn(message));
    tell("the embedded database ended; it is started again");
    try {
      await revive();
      isToldAway = false;
      log.info("the embedded database runs again");
    } catch (error) {
      tell(messageOf(error));
      isToldAway = true;
    }
  }

  return () => {
    isOver = true;
    clearTimeout(timer);
    return reviving;
  };
}
