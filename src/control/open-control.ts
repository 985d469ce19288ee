import type { Intake, TapFactory } from "#src/contract/bus.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { Desk, DeviceSide } from "#src/contract/control.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { Log } from "#src/kit/log.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlRecord, RecordedState } from "./record.ts";
import { Asker } from "./asker.ts";
import { ControlTap } from "./control-tap.ts";
import { Courier } from "./courier.ts";
import { OneDesk } from "./desk.ts";
import { DeviceSlots } from "./device-slots.ts";
import { FollowUp } from "./follow-up.ts";
import { InterlockBook } from "./interlock-book.ts";
import { Lanes } from "./lanes.ts";
import type { Life } from "./ledger.ts";
import { Ledger } from "./ledger.ts";
import { SlotTable } from "./slot-table.ts";
import { Verifier } from "./verifier.ts";
import { Views } from "./views.ts";
import { defaultControl } from "./control-config.ts";

export interface ControlParts {
  readonly record: ControlRecord;
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
  readonly tap: TapFactory;
  /** After the journal's tail was retold: takes up what the last run left, then answers. */
  start(outside: Outside): Control;
}

export interface Control {
  readonly desk: Desk;
  close(): Promise<void>;
}

export async function prepareControl(parts: ControlParts): Promise<PreparedControl> {
  const state = await parts.record.load();
  const tap = new ControlTap(parts.plant);
  return {
    tap: tap.factory,
    start: (outside) => {
      tap.goLive();
      return assemble(parts, outside, tap, state);
    },
  };
}

function assemble(parts: ControlParts, { into, devices }: Outside, tap: ControlTap, state: RecordedState): Control {
  const { record, plant, latest, time, timers, log } = parts;
  const config: ControlConfig = { ...defaultControl, ...parts.config };
  const ledger = new Ledger({ record, time, into, rememberAtMost: config.rememberAtMost });
  const slots = new SlotTable(state.slots);
  const { askEveryMs, askTimeoutMs } = config;
  const asker = new Asker({ devices, timers, log, askEveryMs, askTimeoutMs });
  const verifier = new Verifier({ tap, asker, plant, time });
  const deviceSlots = new DeviceSlots({ config, devices, timers, time, slots, record, log });
  const followUp = new FollowUp({ config, time, ledger, verifier, deviceSlots });
  const mustBeDurable = (_life: Life) => true;
  const views = new Views({
    config,
    plant,
    latest,
    time,
    slots,
    interlocks: new InterlockBook(plant),
    keepsSlots: (point) => deviceSlots.isKeptBy(point),
    refuseRecord: () => undefined,
    refuseLease: () => undefined,
    refuseSelect: () => undefined,
  });
  const courier = new Courier({
    config,
    devices,
    timers,
    time,
    ledger,
    slots,
    followUp,
    planFor: (life) => views.planOf(life.command, life.target),
    recheck: () => undefined,
    mustBeDurable,
  });
  const desk = new OneDesk({
    config,
    time,
    tap,
    record,
    ledger,
    views,
    lanes: new Lanes(config.laneAtMost),
    courier,
    mustBeDurable,
    onAccepted: () => {},
  });
  return {
    desk,
    async close() {
      asker.close();
      followUp.close();
      await record.close();
    },
  };
}
