import type { AdapterEnv, AdapterModule } from "#src/contract/adapter.ts";
import type { CheckInterlock } from "#src/config/index.ts";

/**
 * What the command line needs of the gateway's own code. It imports nothing of adapters, control, database or server itself:
 * `src/command-line.ts` hands this over, and each part is loaded only by the commands that ask for it.
 */
export interface Root {
  /** Runs a gateway until it is told to stop; the number is the exit code. */
  runGateway(options: RunOptions): Promise<number>;
  /** The protocols there are. */
  modules(): Promise<readonly AdapterModule[]>;
  checkInterlock(): Promise<CheckInterlock>;
  /** Real time and timers for `discover`. */
  adapterEnv(): Promise<AdapterEnv>;
  hashPassword(password: string): Promise<string>;
  /** Verifies an exported audit record, offline. Absent: this build keeps none. */
  verifyAudit?(text: string, head: string | undefined): Promise<AuditVerdict>;
}

export interface RunOptions {
  /** Absent with `demo`: the demo's own. */
  readonly siteFile?: string;
  /** With the demo plant in a process beside it. */
  readonly demo?: boolean;
  /** The log as JSON, one object a line. */
  readonly json?: boolean;
  /** One line for the person who started it. */
  readonly out: (line: string) => void;
}

export type AuditVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string; readonly from: string }
  | {
      readonly ok: false;
      readonly entry: number;
      readonly problem: "altered" | "dropped" | "reordered" | "truncated" | "unreadable";
      readonly message: string;
    };
