import { signal, type ReadonlySignal } from "@preact/signals";
import type { HttpClient } from "#msgs/client/http.ts";
import type { OverrideJson, Ros2NodeJson } from "#msgs/wire/http.ts";

/** A list that is asked of the gateway again whenever it may have changed. */
export interface AskedList<Item> {
  readonly items: ReadonlySignal<readonly Item[]>;
  /** Why the last question failed; the items are those of the last success then. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Asks soon; questions that come close together are one. */
  askSoon(): void;
}

export type After = (ms: number, run: () => void) => () => void;

const gatherMs = 150;

export function askedList<Item>(ask: () => Promise<readonly Item[]>, after: After): AskedList<Item> {
  const items = signal<readonly Item[]>([]);
  const problem = signal<string | undefined>(undefined);
  let waits = false;

  async function run(): Promise<void> {
    waits = false;
    try {
      items.value = await ask();
      problem.value = undefined;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    items,
    problem,
    askSoon() {
      if (waits) return;
      waits = true;
      after(gatherMs, () => void run());
    },
  };
}

export function overridesList(http: HttpClient, after: After): AskedList<OverrideJson> {
  return askedList(() => http.overrides(), after);
}

export function nodesList(http: HttpClient, after: After): AskedList<Ros2NodeJson> {
  return askedList(() => http.ros2Nodes(), after);
}
