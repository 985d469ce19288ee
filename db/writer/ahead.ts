import { setImmediate as turn } from "node:timers/promises";
import type { PlacedEntry } from "../journal/segment.ts";
import type { PointKeys } from "./points.ts";
import type { Standing } from "./place.ts";
import type { Rows } from "./row-set.ts";
import { rowsInSteps, type RowsContext } from "./rows.ts";

/** A full page of the journal that follows the one being stored, and its rows where they could be made already. */
export interface Prepared {
  readonly entries: readonly PlacedEntry[];
  readonly rows: Rows | undefined;
}

/** Work at a stretch before the connection gets a turn: the server must not run dry of the rows it is given. */
const stretchMs = 1;

/**
 * The next transaction made ready while the server works on the one before: it fills one core and this thread the other. Nothing
 * is sent ahead. When the transaction before does not commit, what was prepared is forgotten.
 */
export class Ahead {
  #made:
    | { readonly after: number; readonly uuid: string; readonly entries: readonly PlacedEntry[]; readonly rows: Promise<Rows | undefined> }
    | undefined;

  /** `page` reads what follows a position, and gives nothing when that is less than a full transaction. */
  prepare(
    after: Standing,
    keys: PointKeys,
    context: Pick<RowsContext, "clamp" | "spare">,
    page: (after: number) => readonly PlacedEntry[] | undefined,
  ): void {
    try {
      const entries = page(after.position);
      if (!entries) return;
      const rows = made(entries, { ...context, uuid: after.uuid, keyOf: (key) => keys.keyOf(key) });
      this.#made = { after: after.position, uuid: after.uuid, entries, rows };
    } catch {
      // A page that cannot be read is met again when its turn comes, and is an error then; the transaction under way goes on.
    }
  }

  /** What was prepared for exactly this standing. */
  async take(standing: Standing): Promise<Prepared | undefined> {
    const ready = this.#made;
    this.#made = undefined;
    if (!ready || ready.after !== standing.position || ready.uuid !== standing.uuid) return undefined;
    return { entries: ready.entries, rows: await ready.rows };
  }

  get isReady(): boolean {
    return this.#made !== undefined;
  }

  forget(): void {
    this.#made = undefined;
  }
}

/** Undefined when they cannot be made: a key that is new, or an entry that is poison. Inside its transaction that is found again. */
async function made(entries: readonly PlacedEntry[], context: RowsContext): Promise<Rows | undefined> {
  try {
    const making = rowsInSteps(entries, context);
    for (let began = performance.now(); ;) {
      const step = making.next();
      if (step.done) return step.value;
      if (performance.now() - began < stretchMs) continue;
      await turn();
      began = performance.now();
    }
  } catch {
    return undefined;
  }
}
