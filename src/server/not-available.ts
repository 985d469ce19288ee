import type { ClientFrameType } from "#msgs/wire/frame-types.ts";
import type { Refusal } from "./services.ts";

/**
 * Everything that is declared and not built in this gateway, with what it waits for. It is refused with 501 and the code
 * `not-available` instead of pretending, and frames named here are not among the features a connection is told.
 */
const waiting = {
  "alert.resolve": "alarms",
  "detection.ack": "alarms",
  "mission.branch": "what-if branches",
  "POST /alarms/:id/ack": "alarms",
  "POST /alarms/:id/shelve": "alarms",
  "POST /alarms/:id/unshelve": "alarms",
  "POST /alarms/:id/resolve": "alarms",
  "POST /missions/:id/branch": "what-if branches",
  "GET /missions/:id/predictions": "what-if branches",
} as const satisfies Partial<Record<ClientFrameType, string>> & Record<string, string>;

export type NotBuilt = keyof typeof waiting;

export const notBuilt: ReadonlySet<string> = new Set(Object.keys(waiting));

/** For what is listed above, and for parts that this gateway was started without. */
export function notAvailable(what: string): Refusal {
  const waitsFor = Object.hasOwn(waiting, what) ? waiting[what as NotBuilt] : undefined;
  const why = waitsFor === undefined ? "this gateway runs without the part that does it" : `it comes with ${waitsFor}`;
  return { code: "not-available", message: `${what} is not available: ${why}` };
}
