import type { PointId, PointKey } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { JournalStatus, ReaderStatus } from "#src/contract/store.ts";
import type { ErrorCode } from "#src/kit/errors.ts";
import type { DatabaseSettings } from "../settings.ts";
import type { Drop } from "./register.ts";
import type { Place } from "./segment.ts";

/** What the main thread tells the journal's worker. */
export type ToWorker =
  | {
      readonly type: "append";
      readonly parcel: Uint8Array;
      readonly versions: ReadonlyMap<number, string>;
      readonly keys: readonly (readonly [PointId, PointKey])[];
    }
  | { readonly type: "where"; readonly ask: number; readonly version: string; readonly since: Timestamp | undefined }
  | { readonly type: "read"; readonly ask: number; readonly from: number; readonly to: number }
  | { readonly type: "follow"; readonly database: DatabaseSettings }
  | { readonly type: "close" };

/** Where a recovery starts: a plant description or a checkpoint that stands further back, then everything from `from` on. */
export interface RecoveryPlan {
  readonly first: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What the worker tells the main thread. */
export type ToMain =
  | {
      readonly type: "opened";
      readonly uuid: string;
      readonly head: Place;
      readonly clean: boolean;
      readonly keys: Map<PointId, PointKey>;
      readonly bytes: number;
      readonly damaged: readonly Drop[];
    }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly type: "durable"; readonly seq: number; readonly samples: number; readonly parcels: number; readonly bytes: number }
  | { readonly type: "state"; readonly state: JournalStatus["state"]; readonly message?: string }
  | { readonly type: "reader"; readonly status: ReaderStatus }
  | { readonly type: "renewed"; readonly uuid: string }
  | { readonly type: "plan"; readonly ask: number; readonly plan: RecoveryPlan }
  | { readonly type: "page"; readonly ask: number; readonly parcel: Uint8Array; readonly next: number | undefined }
  | { readonly type: "unanswered"; readonly ask: number; readonly code: ErrorCode; readonly message: string }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly area: string;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "closed" };
