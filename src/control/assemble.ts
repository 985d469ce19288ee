import type { Command } from "#msgs/command.ts";
import type { Control, ControlParts, Outside } from "./open-control.ts";
import type { ControlRecord, DocumentRow, RecordedState } from "./record.ts";
import type { ControlTap } from "./control-tap.ts";
import type { ControlConfig } from "./control-config.ts";
import type { Life } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { Refusal, Target } from "./gates.ts";
import { isSameValue } from "./slots.ts";
import { Asker } from "./asker.ts";
import { Courier } from "./courier.ts";
import { OneDesk } from "./desk.ts";
import { DeviceSlots } from "./device-slots.ts";
import { Effect } from "./effect.ts";
import { Expiries } from "./expiries.ts";
import { FollowUp } from "./follow-up.ts";
import { InterlockBook } from "./interlock-book.ts";
import { Lanes } from "./lanes.ts";
import { LastHands } from "./last-hands.ts";
import { Leases } from "./leases.ts";
import { Ledger } from "./ledger.ts";
import { OperatorActs } from "./operator-acts.ts";
import { Overrides } from "./overrides.ts";
import { Recipes } from "./recipes.ts";
import { Selects } from "./selects.ts";
import { SlotTable } from "./slot-table.ts";
import { TurnedAway } from "./turned-away.ts";
import { Valves } from "./valves.ts";
import { Verifier } from "./verifier.ts";
import { Views } from "./views.ts";
import { defaultControl } from "./control-config.ts";
import { firstRefusal, gatesBeforeSending } from "./gates.ts";
import { refuseOutdated } from "./still-wanted.ts";
import { takeUp } from "./take-up.ts";

export interface DesksParts extends Omit<ControlParts, "record">, Outside {
  readonly record: ControlRecord;
  readonly tap: ControlTap;
  readonly state: RecordedState;
  readonly documents: {
    readonly leases: readonly DocumentRow[];
    readonly recipes: readonly DocumentRow[];
    readonly expiries: readonly DocumentRow[];
  };
}

/** Puts the control room together: who knows whom, and nothing else. */
export function assemble(parts: DesksParts): Omit<Control, "audit"> {
  const { record, plant, latest, time, log, into, tap, state } = parts;
  const config = { ...defaultControl, ...parts.config };
  const base = foundations(parts, config);
  const { ledger, slots, hands, acts, asker, deviceSlots, followUp } = base;
  const leases = new Leases({ config, time, plant, tap, acts }, parts.documents.leases);
  const selects = new Selects({ config, time });
  const { views, desk, turnedAway, lanes } = door(parts, config, base, leases, selects);
  const submit: OneDesk["submit"] = (command, by) => desk.submit(command, by);
  const submitOwn: OneDesk["submit"] = (command, by) => desk.submitOwn(command, by);
  const effect = new Effect({ plant, time, tap, into, slots, followUp, deviceSlots, submitOwn });
  const effectOf: Effect["of"] = (point) => effect.of(point);
  const overrides = new Overrides({ time, slots, effectOf, submit });
  const expiries = new Expiries({ config, time, plant, tap, slots, deviceSlots, ledger, lanes, hands, followUp, record, submitOwn });
  const isMomentary = (point: string) => plant.points.get(point)?.control?.mode === "momentary";
  const wouldRefuse: OneDesk["wouldRefuse"] = (command, by, isLater) => desk.wouldRefuse(command, by, isLater);
  const isUntold = (id: string, endedAt: number) => tap.toldFrom !== undefined && endedAt >= tap.toldFrom && !tap.toldRecipes.has(id);
  const recipes = new Recipes({ time, ledger, hands, acts, isUntold, isMomentary, wouldRefuse, submit, submitOwn });
  record.onState((now, reason) => {
    log.warn("the record's state changed", { state: now, reason });
    into.publish({ kind: "event", type: `record.${now}`, data: { reason } });
  });
  takeUp(state, { config, tap, ledger, followUp, views, slots, keepsSlots: (point) => deviceSlots.isKeptBy(point) });
  effect.begin();
  expiries.begin(parts.documents.expiries);
  recipes.begin(parts.documents.recipes);
  return {
    desk,
    leases,
    overrides,
    recipes,
    acts,
    valves: new Valves({ plant, latest, ledger }),
    select: (point, by, act) => {
      const refusal = desk.refuseSelect(point, by, act);
      return refusal ? { ok: false, ...refusal } : selects.select(point, by, act);
    },
    configure: (settings) => void Object.assign(config, settings),
    commands: (filter) => record.query(filter),
    ended: (id) => new Promise((resolve) => ledger.onEnd(id, resolve)),
    async close() {
      asker.close();
      followUp.close();
      turnedAway.close();
      await record.close();
    },
  };
}

/** What knows nothing of people: commands and slots as they stand, and what looks at the plant. */
function foundations(parts: DesksParts, config: ControlConfig) {
  const { record, plant, time, timers, log, into, devices, tap, state } = parts;
  const ledger = new Ledger({ record, time, into, rememberAtMost: config.rememberAtMost });
  const slots = new SlotTable(state.slots);
  const hands = new LastHands();
  const asker = new Asker({ devices, time, timers, log, askEveryMs: config.askEveryMs, askTimeoutMs: config.askTimeoutMs });
  const verifier = new Verifier({ tap, asker, plant, time });
  const deviceSlots = new DeviceSlots({ config, devices, plant, into, timers, time, slots, record, log });
  const followUp = new FollowUp({ config, time, ledger, slots, verifier, deviceSlots });
  return { ledger, slots, hands, asker, deviceSlots, followUp, acts: new OperatorActs({ record, time, into }) };
}

/** The gates, the way out, and the desk in front of both. */
function door(parts: DesksParts, config: ControlConfig, base: ReturnType<typeof foundations>, leases: Leases, selects: Selects) {
  const { record, plant, latest, time, timers, devices, tap } = parts;
  const { ledger, slots, hands, deviceSlots, followUp } = base;
  const passes = (command: Command) => passesWhenFull(command, config.safeState);
  const mustBeDurable = ({ command }: { command: Command }) => !passes(command);
  const views = new Views({
    config,
    plant,
    latest,
    time,
    slots,
    interlocks: new InterlockBook(plant),
    keepsSlots: (point) => deviceSlots.isKeptBy(point),
    refuseRecord: (command) => (record.state === "full" && !passes(command) ? recordFull : undefined),
    refuseLease: (target, by) => leases.refuse(target, by),
    refuseSelect: (command, target, by) => selects.refuse(command, target, by),
  });
  const planFor = ({ command, target }: Life) => views.planOf(command, target);
  const outdated = ({ command, target: { point } }: Life) =>
    point && refuseOutdated(command, slots.of(point.id), tap.now(), deviceSlots.isKeptBy(point.id), hands.of(point.id, command.priority));
  const recheck = (life: Life, plan: Plan) => (life.isOurOwn ? outdated(life) : undefined) ?? regate(life, plan);
  const regate = ({ command, target, by, isOurOwn }: Life, plan: Plan) =>
    firstRefusal(gatesBeforeSending, views.gateView(command, target, by, isOurOwn, plan));
  const courier = new Courier({ config, devices, timers, time, ledger, slots, hands, followUp, planFor, recheck, mustBeDurable });
  const lanes = new Lanes(config.laneAtMost);
  const onAccepted = (_command: Command, { point }: Target) => point && selects.use(point.id);
  const turnedAway = new TurnedAway({ record, time, tap });
  const desk = new OneDesk({ config, time, tap, record, ledger, views, lanes, courier, turnedAway, mustBeDurable, onAccepted });
  return { views, desk, turnedAway, lanes };
}

const recordFull: Refusal = {
  code: "record-full",
  message: "the record has no room left: only releases and the site's safe state are carried out",
};

/** What goes out although nothing can be recorded: giving back a hand on the plant, and what the site calls safe. */
function passesWhenFull({ act }: Command, safeState: readonly { point: string; value: string | number | boolean }[]): boolean {
  if (act.do === "release") return true;
  return act.do === "set" && safeState.some(({ point, value }) => point === act.point && isSameValue(value, act.value));
}
