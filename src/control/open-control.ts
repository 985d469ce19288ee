import type { Intake, TapFactory } from "#src/contract/bus.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceSide } from "#src/contract/control.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { CommandStep } from "#msgs/command.ts";
import type { Log } from "#src/kit/log.ts";
import type { AuditHead, CommandFilter, CommandRow, ControlRecord, RecordWrite } from "./record.ts";
import type { ControlConfig } from "./control-config.ts";
import type { DesksParts } from "./assemble.ts";
import type { Leases } from "./leases.ts";
import type { OneDesk } from "./desk.ts";
import type { OperatorActs } from "./operator-acts.ts";
import type { Overrides } from "./overrides.ts";
import type { Recipes } from "./recipes.ts";
import type { SelectedAct } from "./selects.ts";
import type { Valves } from "./valves.ts";
import type { Principal } from "#src/contract/control.ts";
import type { PointId } from "#msgs/point.ts";
import type { Refusal } from "./gates.ts";
import { ControlTap } from "./control-tap.ts";
import { FileRecord, openRecord } from "./file-record.ts";
import { MemoryRecord } from "./memory-record.ts";
import { assemble } from "./assemble.ts";

export interface ControlParts {
  /** Where control.db lies, beside the journal. Absent: nothing outlives the process, which is right for a branch alone. */
  readonly folder?: string;
  /** Instead of a folder: a record that is open already. */
  readonly record?: ControlRecord;
  readonly plant: Plant;
  readonly latest: LatestValues;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly log: Log;
  readonly config?: Partial<ControlConfig>;
}

/** Where the desk's steps go and whom it acts on; both exist only once the timeline is open. */
export interface Outside {
  readonly into: Intake;
  readonly devices: DeviceSide;
}

/** Read from its record and ready to hang on a timeline, but not yet able to do anything. */
export interface PreparedControl {
  /** Among the taps of the live timeline. It derives nothing, so a replay does without it. */
  readonly tap: TapFactory;
  /** Open already: sign-in and users live in it too, and do not wait for the desk. */
  readonly record: ControlRecord;
  /** After the journal's tail was retold: takes up what the last run left, then answers. */
  start(outside: Outside): Promise<Control>;
}

export interface Control {
  readonly desk: OneDesk;
  readonly leases: Leases;
  readonly overrides: Overrides;
  readonly recipes: Recipes;
  readonly valves: Valves;
  readonly acts: OperatorActs;
  readonly audit: Audit;
  /** Reserves a point for this client's next command on it, which must then be the act it was selected with. */
  select(
    point: PointId,
    by: Principal,
    act?: SelectedAct,
  ): { readonly ok: true; readonly until: number } | ({ readonly ok: false } & Refusal);
  /** Other settings from here on; commands under way keep the deadlines they were given. */
  configure(settings: Partial<ControlConfig>): void;
  /** Ended and running commands, newest first, read by another thread. */
  commands(filter: CommandFilter): Promise<readonly CommandRow[]>;
  /** Resolves with the last step once there is one; at once when the command has ended. */
  ended(commandId: string): Promise<CommandStep>;
  close(): Promise<void>;
}

export interface Audit {
  readonly head: AuditHead;
  /** Sign-ins, configuration changes and whatever else must be found later; true once it is durable. */
  record(kind: string, by: string, body: unknown, also?: readonly RecordWrite[]): Promise<boolean>;
  /** The export, a page of lines at a time; `verifyAudit` reads it. */
  lines(): AsyncIterable<readonly string[]>;
}

export async function prepareControl(parts: ControlParts): Promise<PreparedControl> {
  const record =
    parts.record ?? (parts.folder === undefined ? new MemoryRecord() : await openRecord({ folder: parts.folder, log: parts.log }));
  const tap = new ControlTap(parts.plant);
  return {
    tap: tap.factory,
    record,
    start: async (outside) => {
      const state = await record.load();
      const [leases, recipes, expiries] = [
        await record.documents("lease"),
        await record.documents("recipe"),
        await record.documents("expiry"),
      ];
      const documents = { leases, recipes, expiries };
      tap.goLive();
      const desks: DesksParts = { ...parts, ...outside, record, tap, state, documents };
      return { ...assemble(desks), audit: auditOf(record, parts.time) };
    },
  };
}

function auditOf(record: ControlRecord, time: LiveTime): Audit {
  return {
    get head() {
      return record.head;
    },
    record: (kind, by, body, also = []) =>
      new Promise((resolve) => record.write([{ put: "audit", entry: { at: time.now(), kind, by, body } }, ...also], resolve)),
    lines: () => (record instanceof FileRecord ? record.audit() : noLines()),
  };
}

async function* noLines(): AsyncGenerator<readonly string[]> {
  // A record in memory keeps no chain: what a branch does is nobody's evidence.
}
