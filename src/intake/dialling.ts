import type { Adapter, Connection } from "#src/contract/adapter.ts";
import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { Log } from "#src/kit/log.ts";
import { messageOf } from "#src/kit/errors.ts";
import { within } from "./waiting.ts";

/** How long an adapter is given to open or close what it was told to end. Then the link goes on without it, and a reload with the link. */
const endWithinMs = 2_000;

export interface DiallingParts {
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * One attempt to connect. An adapter that is deaf to the signal is waited for no longer than `endWithinMs`; what it opens
 * after that is closed, since nobody else would: a device that takes one connection would refuse the next link.
 */
export async function dial(adapter: Adapter, signal: AbortSignal, parts: DiallingParts): Promise<Connection> {
  if (signal.aborted) throw signal.reason;
  const { timers, log } = parts;
  const connecting = adapter.connect(signal);
  const isOver = new AbortController();
  let stopWaiting: Cancel = () => {};
  const givenUp = new Promise<undefined>((resolve) => {
    const wait = (): void => void (stopWaiting = timers.after(endWithinMs, () => resolve(undefined)));
    signal.addEventListener("abort", wait, { once: true, signal: isOver.signal });
  });
  try {
    const connection = await Promise.race([connecting, givenUp]);
    if (connection) return connection;
  } finally {
    isOver.abort();
    stopWaiting();
  }
  log.warn(`an attempt to connect goes on although it was called off ${endWithinMs / 1_000} s ago; what comes of it is closed`);
  void connecting.then(
    (late) => hangUp(late, parts),
    (error: unknown) => log.debug(`the attempt that was called off failed: ${messageOf(error)}`),
  );
  throw signal.reason;
}

/** Closes a connection; never rejects, and takes no longer than `endWithinMs` whatever the adapter does. */
export async function hangUp(connection: Connection, { timers, log }: DiallingParts): Promise<void> {
  try {
    const closing = connection.close().then(() => true);
    if (!(await within(timers, endWithinMs, closing)))
      log.warn(`the connection did not close within ${endWithinMs / 1_000} s; going on without it`);
  } catch (error) {
    log.warn(`the connection could not be closed: ${messageOf(error)}; going on without it`);
  }
}
