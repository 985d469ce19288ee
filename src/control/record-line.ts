import type { MessagePort } from "node:worker_threads";
import { receiveMessageOnPort } from "node:worker_threads";

/** Where the two ends of a line wake each other: a count for each side that goes up with every message to it. */
export interface LineEnd {
  readonly port: MessagePort;
  readonly bell: SharedArrayBuffer;
}

const toWriter = 0;
const toDesk = 1;

/** For two counters. */
export const bellBytes = 2 * Int32Array.BYTES_PER_ELEMENT;

/**
 * The desk's end of the line to the record's thread. Messages go through a port; the bell beside it is a futex, which wakes a
 * sleeping thread in a third of the time that the port's own way through an event loop takes.
 */
export class DeskLine<Said, Heard> {
  readonly #port: MessagePort;
  readonly #bell: Int32Array<SharedArrayBuffer>;
  readonly #hear: (message: Heard) => void;
  #isClosed = false;

  constructor({ port, bell }: LineEnd, hear: (message: Heard) => void) {
    this.#port = port;
    this.#bell = new Int32Array(bell);
    this.#hear = hear;
    this.#listen();
  }

  say(message: Said): void {
    this.#port.postMessage(message);
    ring(this.#bell, toWriter);
  }

  close(): void {
    this.#isClosed = true;
    ring(this.#bell, toDesk);
    this.#port.close();
  }

  #listen(): void {
    for (;;) {
      if (this.#isClosed) return;
      const seen = Atomics.load(this.#bell, toDesk);
      for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) this.#hear(got.message as Heard);
      const bell = Atomics.waitAsync(this.#bell, toDesk, seen);
      // As a tick and not as a microtask: what is told to sockets goes out before the next commit is handed over.
      if (bell.async) return void bell.value.then(() => process.nextTick(() => this.#listen()));
    }
  }
}

/** The writer's end: a thread that has nothing else to do sleeps on the bell. */
export class WriterLine<Said, Heard> {
  readonly #port: MessagePort;
  readonly #bell: Int32Array<SharedArrayBuffer>;

  constructor({ port, bell }: LineEnd) {
    this.#port = port;
    this.#bell = new Int32Array(bell);
  }

  say(message: Said): void {
    this.#port.postMessage(message);
    ring(this.#bell, toDesk);
  }

  /** The next message, or undefined when none came for so long. */
  hear(withinMs: number): Heard | undefined {
    for (;;) {
      const seen = Atomics.load(this.#bell, toWriter);
      const got = receiveMessageOnPort(this.#port);
      if (got) return got.message as Heard;
      if (Atomics.wait(this.#bell, toWriter, seen, withinMs) === "timed-out") return undefined;
    }
  }
}

function ring(bell: Int32Array<SharedArrayBuffer>, side: number): void {
  Atomics.add(bell, side, 1);
  Atomics.notify(bell, side);
}
