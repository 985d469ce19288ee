import type { AuditHead, CommandFilter, CommandRow, RecordState } from "./record.ts";

/** A write as it crosses to the writing thread: bodies are text already, so that they are made once and cross cheaply. */
export type FlatWrite =
  | {
      readonly put: "command";
      readonly row: readonly [
        id: string,
        fingerprint: string,
        by: string,
        asker: string,
        target: string,
        state: string,
        askedAt: number,
        changedAt: number,
        refused: string | null,
        step: string,
      ];
    }
  | { readonly put: "slot"; readonly point: string; readonly priority: number; readonly body: string | null }
  | { readonly put: "document"; readonly kind: string; readonly id: string; readonly body: string | null }
  | { readonly put: "audit"; readonly at: number; readonly kind: string; readonly by: string; readonly body: string };

export interface RecordFileOptions {
  readonly folder: string;
  /** Above this the oldest signed stretch of the audit chain, and commands that ended before it, are dropped. */
  readonly keepBytes: number;
  /** Room kept back on the disk for when everything else is full. */
  readonly reserveBytes: number;
  /** The file grows no further: for tests, and for sites that give it a partition's worth. */
  readonly limitBytes?: number;
}

export type ToWriter =
  | { readonly do: "commit"; readonly batch: number; readonly writes: readonly FlatWrite[] }
  | { readonly do: "limit"; readonly bytes: number }
  | { readonly do: "close" };

export type FromWriter =
  | { readonly is: "open"; readonly head: AuditHead }
  | {
      readonly is: "committed";
      readonly batch: number;
      readonly durable: boolean;
      readonly head: AuditHead;
      readonly state: RecordState;
      readonly reason: string;
    }
  | { readonly is: "state"; readonly head: AuditHead; readonly state: RecordState; readonly reason: string }
  | { readonly is: "closed" };

export type ToReader =
  | { readonly do: "query"; readonly id: number; readonly filter: CommandFilter }
  | { readonly do: "audit"; readonly id: number; readonly after: number; readonly limit: number };

export type FromReader =
  | { readonly id: number; readonly rows: readonly CommandRow[] }
  | { readonly id: number; readonly lines: readonly string[]; readonly last: number }
  | { readonly id: number; readonly error: string };
