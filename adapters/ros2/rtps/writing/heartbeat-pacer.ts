import type { Cancel, Environment } from "../environment.ts";
import { nextState, type StateTable } from "../state-table.ts";

/**
 * Whether a writer reminds its readers of what they have not acknowledged.
 *
 *     settled ── owed ──► reminding ── acknowledged ──► settled        either ── close ──► closed
 *
 * settled: every reliable reader has everything. reminding: a timer sends a heartbeat, at doubling intervals while nothing
 * moves. A reader that never answers is reminded once a second until its participant's lease ends.
 */
export type PacerState = "settled" | "reminding" | "closed";
export type PacerEvent = "owed" | "progress" | "acknowledged" | "due" | "close";

export const pacerTable: StateTable<PacerState, PacerEvent> = {
  settled: { owed: "reminding", progress: "same", acknowledged: "same", due: null, close: "closed" },
  reminding: { owed: "same", progress: "same", acknowledged: "settled", due: "same", close: "closed" },
  closed: { owed: "same", progress: "same", acknowledged: "same", due: "same", close: "same" },
};

const intervalMs = { first: 50, last: 1000 };

/** Decides when a writer sends heartbeats on its own account. */
export class HeartbeatPacer {
  private state: PacerState = "settled";
  private interval = intervalMs.first;
  private timer: Cancel | undefined;
  private readonly env: Environment;
  private readonly remind: () => void;

  constructor(env: Environment, remind: () => void) {
    this.env = env;
    this.remind = remind;
  }

  tell(event: Exclude<PacerEvent, "due">): void {
    const before = this.state;
    this.state = nextState(pacerTable, before, event);
    if (event === "progress" || this.state === "settled") this.interval = intervalMs.first;
    if (this.state === before) return;
    if (this.state === "reminding") this.arm();
    else {
      this.timer?.();
      this.timer = undefined;
    }
  }

  private arm(): void {
    this.timer = this.env.after(this.interval, () => {
      this.state = nextState(pacerTable, this.state, "due");
      if (this.state !== "reminding") return;
      this.remind();
      this.interval = Math.min(this.interval * 2, intervalMs.last);
      this.arm();
    });
  }
}
