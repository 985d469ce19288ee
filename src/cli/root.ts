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
  /** The audit record in a data folder, a line at a time, also while a gateway runs on it. */
  exportAudit(dataFolder: string): Promise<Iterable<string>>;
  /** Checks an export, offline. */
  verifyAudit(lines: Iterable<string>, options: { head?: KeptHead; publicKey?: string }): Promise<AuditReport>;
}

/** The newest entry of the record as it was some time ago, kept elsewhere. */
export interface KeptHead {
  readonly seq: number;
  readonly hash: string;
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

export type AuditReport =
  | {
      readonly ok: true;
      readonly entries: number;
      readonly first: number;
      readonly last: number;
      readonly head: string;
      readonly unsigned: number;
      readonly trusts: string;
    }
  | { readonly ok: false; readonly finding: string; readonly seq: number; readonly message: string };
