import type { Cancel, Environment } from "./environment.ts";
import { nextState, type StateTable } from "./state-table.ts";

/** heard ── ran-out ──► overdue ── heard ──► heard. While overdue, every further period that passes in silence is counted. */
export type WatchState = "heard" | "overdue";
export type WatchEvent = "heard" | "ran-out";

export const watchTable: StateTable<WatchState, WatchEvent> = {
  heard: { heard: "same", "ran-out": "overdue" },
  overdue: { heard: "heard", "ran-out": "same" },
};

export interface WatchReport {
  /** `misses` periods have passed in silence by now. */
  overdue(misses: number): void;
  resumed(): void;
}

/** Notices when something that should be heard once per period is not. Used for deadlines and for liveliness. */
export class SilenceWatch {
  private state: WatchState = "heard";
  private misses = 0;
  private heardMs: number;
  private timer: Cancel | undefined;
  private readonly env: Environment;
  private readonly periodMs: number;
  private readonly report: WatchReport;

  constructor(env: Environment, periodMs: number, report: WatchReport) {
    this.env = env;
    // A period below a few milliseconds would be all timer and no work; misses are then counted more coarsely.
    this.periodMs = Math.max(periodMs, 5);
    this.report = report;
    this.heardMs = env.monoMs();
    this.arm(this.periodMs);
  }

  /** Cheap: the timer is not touched, it finds out when it rings. */
  heard(): void {
    this.heardMs = this.env.monoMs();
    if (this.state === "heard") return;
    this.state = nextState(watchTable, this.state, "heard");
    this.misses = 0;
    this.report.resumed();
  }

  close(): void {
    this.timer?.();
  }

  private arm(ms: number): void {
    this.timer = this.env.after(ms, () => {
      const left = this.heardMs + this.periodMs * (this.misses + 1) - this.env.monoMs();
      if (left > 0) return this.arm(left);
      this.state = nextState(watchTable, this.state, "ran-out");
      this.misses++;
      this.arm(this.periodMs);
      this.report.overdue(this.misses);
    });
  }
}
