import { Worker } from "node:worker_threads";
import { assert, GatewayError } from "#src/kit/errors.ts";
import type { CommandFilter, CommandRow } from "./record.ts";
import type { FromReader, ToReader } from "./record-protocol.ts";

/** Questions waiting at most; one more is told to come back. */
const waitingAtMost = 64;
const entriesPerPage = 1_000;

interface Waiting {
  readonly resolve: (answer: FromReader) => void;
  readonly reject: (error: unknown) => void;
}

/** Puts questions to the reading thread, which is started with the first one. */
export class RecordScanner {
  readonly #folder: string;
  #worker: Worker | undefined;
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async query(filter: CommandFilter): Promise<readonly CommandRow[]> {
    const answer = await this.#ask((id) => ({ do: "query", id, filter }));
    assert("rows" in answer, "a query is answered with rows");
    return answer.rows;
  }

  async *audit(): AsyncGenerator<readonly string[]> {
    let after = 0;
    for (;;) {
      const from = after;
      const answer = await this.#ask((id) => ({ do: "audit", id, after: from, limit: entriesPerPage }));
      assert("lines" in answer, "an export is answered with lines");
      if (answer.lines.length > 0) yield answer.lines;
      if (answer.last === after) return;
      after = answer.last;
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#fail(new GatewayError("closed", "the record was closed"));
  }

  #ask(message: (id: number) => ToReader): Promise<FromReader> {
    if (this.#waiting.size >= waitingAtMost) {
      return Promise.reject(new GatewayError("busy", `${waitingAtMost} questions to the record are waiting already`));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#started().postMessage(message(id));
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./record-reader.ts", import.meta.url), {
      workerData: { folder: this.#folder },
      name: "control record reader",
    });
    worker.on("message", (answer: FromReader) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) waiting?.reject(new GatewayError("damaged", answer.error));
      else waiting?.resolve(answer);
    });
    worker.on("error", (error) => {
      this.#worker = undefined;
      this.#fail(error);
    });
    worker.unref();
    return (this.#worker = worker);
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
