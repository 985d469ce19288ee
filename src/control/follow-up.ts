import type { Cancel, LiveTime } from "#src/contract/clock.ts";
import type { Receipt } from "#src/contract/adapter.ts";
import type { Priority } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { DeviceSlots } from "./device-slots.ts";
import type { Life, Ledger, StepDetail } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Finding, Verifier } from "./verifier.ts";
import { effective } from "./slots.ts";

export interface FollowUpParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly ledger: Ledger;
  readonly slots: SlotTable;
  readonly verifier: Verifier;
  readonly deviceSlots: DeviceSlots;
}

/** How the write went: taken, with a receipt; nobody answered, and why that is; or nothing had to be written. */
export interface Answer {
  readonly receipt?: Receipt;
  readonly doubt?: string;
  /** Found half sent after a crash: links may still be coming up, so the plant gets this long to answer. */
  readonly withinMs?: number;
}

type SentPlan = Exclude<Plan, { do: "mask" }>;

/** A command whose effect is being looked for. */
interface Watched {
  readonly plan: SentPlan;
  readonly answer: Answer;
  cancel: Cancel;
  /** When its window ends. */
  readonly until: Timestamp;
  /** How often it began anew with its window over. */
  readonly pauses: number;
}

/** Whoever is looked for anew when its window is nearly over gets this long, and half of it each further time. */
const atLeastMs = 1_000;

/** From the device's answer to the end of the command: looks for the effect until the plant has shown it, or something else. */
export class FollowUp {
  readonly #parts: FollowUpParts;
  /** By point: commands whose effect is being looked for. */
  readonly #watched = new Map<PointId, Map<Life, Watched>>();
  readonly #answeredAt = new Map<PointId, Timestamp>();

  constructor(parts: FollowUpParts) {
    this.#parts = parts;
  }

  isWatching(point: PointId): boolean {
    return this.#watched.has(point);
  }

  /** When the newest write on this point was answered; what was asked before says nothing about it. */
  answeredAt(point: PointId): Timestamp {
    return this.#answeredAt.get(point) ?? 0;
  }

  begin(life: Life, plan: SentPlan, answer: Answer): void {
    this.#begin(life, plan, answer, 0);
  }

  /** A newer command on the point goes out: until it is known what becomes of that, the plant says nothing about the older ones. */
  pause(by: Life): void {
    for (const [, watched] of this.#othersOf(by)) watched.cancel();
  }

  /** The newer command was not done, and the slots are as they were: the older ones are looked for again. */
  resume(by: Life): void {
    for (const [life, watched] of this.#othersOf(by)) this.#again(life, watched);
  }

  /**
   * The newer command went out, or may have. Whoever lost its slot to it is superseded and whoever is beneath it is masked;
   * what a release should show may be something else from here on.
   */
  giveWay(by: Life): void {
    this.supersede(by);
    const { act, priority } = by.command;
    this.#giveWay(this.#othersOf(by), priority, act.do === "set" ? act.value : undefined);
  }

  /** A slot that was taken for given back is taken for filled again. */
  standsAgain(point: PointId, priority: Priority, value: Value): void {
    const watched = [...(this.#watched.get(point) ?? [])];
    for (const [, { cancel }] of watched) cancel();
    this.#giveWay(watched, priority, value);
  }

  #giveWay(others: readonly (readonly [Life, Watched])[], priority: Priority, value: Value | undefined): void {
    for (const [life, watched] of others) {
      const isBeneath = value !== undefined && priority < life.command.priority && watched.plan.do !== "device-slot";
      if (!isBeneath) this.#again(life, watched);
      else this.#finish(life, () => this.#parts.ledger.move(life, "mask", maskedBy(priority, value, life.target.point!.id)));
    }
  }

  /** The newer command took the slot: whoever had it and still waits will not see its effect. */
  supersede(by: Life): void {
    const isMomentary = by.target.point?.control?.mode === "momentary";
    for (const [life, watched] of this.#othersOf(by)) {
      if (!isMomentary && life.command.priority !== by.command.priority) continue;
      watched.cancel();
      this.#finish(life, () => this.#parts.ledger.move(life, "supersede", superseded(by)));
    }
  }

  close(): void {
    for (const watched of this.#watched.values()) for (const { cancel } of watched.values()) cancel();
    this.#watched.clear();
  }

  #othersOf(by: Life): readonly (readonly [Life, Watched])[] {
    const watched = by.target.point && this.#watched.get(by.target.point.id);
    return watched ? [...watched].filter(([life]) => life !== by) : [];
  }

  #again(life: Life, { plan, answer, until, pauses }: Watched): void {
    this.#forget(life);
    const leftMs = (until - this.#parts.time.now()) / microseconds(1);
    const leastMs = atLeastMs / 2 ** pauses;
    const withinMs = Math.max(leftMs, leastMs);
    this.#begin(life, this.#planNow(life, plan), { ...answer, withinMs }, leftMs < leastMs ? pauses + 1 : pauses);
  }

  /** What a release gives the point to changes with the slots beneath; what a set should show is its value. */
  #planNow({ command, target }: Life, plan: SentPlan): SentPlan {
    if (command.act.do !== "release" || plan.do === "device-slot") return plan;
    const holds = effective(this.#parts.slots.of(target.point!.id), target.point!.control!.default);
    return { do: "look", target: holds === "leave" ? undefined : holds.value };
  }

  #begin(life: Life, plan: SentPlan, answer: Answer, pauses: number): void {
    const after = this.#parts.time.now();
    const { point } = life.target;
    if (point) this.#answeredAt.set(point.id, after);
    if (plan.do === "call" || !point?.control) return this.#endByReceipt(life, answer);
    if (point.control.evidence.withinMs === 0 && point.control.mode === "momentary") return this.#endByReceipt(life, answer);
    if (plan.do !== "device-slot" && plan.target === undefined) return this.#end(life, { is: "match" }, answer);
    const withinMs = answer.withinMs ?? point.control.evidence.withinMs;
    const watched: Watched = { plan, answer, cancel: () => {}, until: after + microseconds(withinMs), pauses };
    this.#remember(life, watched);
    if (plan.do === "device-slot") this.#followArray(life, plan.value, watched);
    else this.#seek(life, plan.target!, watched);
  }

  #seek(life: Life, target: Value, watched: Watched): void {
    const { id, control } = life.target.point!;
    const { answer, until } = watched;
    const { point = id, tolerance, holdMs } = control!.evidence;
    const after = this.#parts.time.now();
    const withinMs = Math.max(0, until - after) / microseconds(1);
    const question = { id: life.command.id, point, target, tolerance, withinMs, holdMs, after };
    watched.cancel = this.#parts.verifier.watch(question, (finding) => {
      this.#forget(life);
      if (watched.plan.do === "device-slot" && finding.is === "differ") this.#lookAgain(life, target, watched, finding);
      else this.#end(life, finding, answer);
    });
  }

  /** The plant shows something else than its array said: somebody may have taken another slot since. */
  #lookAgain(life: Life, target: Value, watched: Watched, finding: Finding): void {
    const { id } = life.target.point!;
    const stop = new AbortController();
    this.#remember(life, { ...watched, cancel: () => stop.abort() });
    void this.#parts.deviceSlots.holder(id, stop.signal).then((holder) => {
      if (stop.signal.aborted) return;
      const shows = holder === undefined ? undefined : (holder?.value ?? life.target.point!.control!.default);
      if (shows === undefined) this.#finish(life, () => this.#end(life, { ...finding, is: "silence" }, watched.answer));
      else if (shows === target) this.#finish(life, () => this.#end(life, finding, watched.answer));
      else this.#again(life, watched);
    });
  }

  /** The device keeps the sixteen: first its array must show what was asked, then the plant whatever the array makes of it. */
  #followArray(life: Life, value: Value | null, watched: Watched): void {
    const { id, control } = life.target.point!;
    const { priority } = life.command;
    const { deviceSlots, ledger, time } = this.#parts;
    const { answer, plan, pauses } = watched;
    const stop = new AbortController();
    watched.cancel = () => stop.abort();
    const withinMs = (watched.until - time.now()) / microseconds(1);
    void deviceSlots.settle(life.target.point!, priority, value, withinMs, stop.signal).then((shown) => {
      if (stop.signal.aborted) return;
      this.#forget(life);
      if (shown.is !== "shown") return this.#end(life, shown, answer, shown.writes);
      if (value !== null && shown.holder && shown.holder.priority < priority) {
        return ledger.move(life, "mask", maskedBy(shown.holder.priority, shown.holder.value, id), shown.writes);
      }
      const target = shown.holder?.value ?? (control!.default === "leave" ? undefined : control!.default);
      deviceSlots.keep(shown.writes);
      if (target === undefined) return this.#end(life, { is: "match" }, answer);
      const until = time.now() + microseconds(withinMs);
      const seeking: Watched = { plan, answer, cancel: () => {}, until, pauses };
      this.#remember(life, seeking);
      this.#seek(life, target, seeking);
    });
  }

  /** Nothing shows the effect, so whoever answered decides: the device itself, or nobody who can know. */
  #endByReceipt(life: Life, { receipt, doubt }: Answer): void {
    const { ledger } = this.#parts;
    if (receipt?.assurance === "device") return ledger.move(life, "match", { ...(receipt.detail && { message: receipt.detail }) });
    const who = receipt
      ? receipt.assurance === "transport"
        ? "only the transport took it"
        : "nobody answers for it"
      : (doubt ?? "nobody answered");
    ledger.move(life, "silence", { code: "no-evidence", message: `${who}, and nothing shows the effect` });
  }

  #end(life: Life, finding: Finding, answer: Answer, writes: Parameters<Ledger["move"]>[3] = []): void {
    const { is, observed } = finding;
    const message = [answer.doubt, finding.message].filter((part) => part !== undefined).join("; ");
    const code = is === "match" ? undefined : is === "silence" ? "no-evidence" : life.state === "sending" ? "in-doubt" : "mismatch";
    const detail = { ...(observed && { observed }), ...(code && { code }), ...(code && message && { message }) };
    this.#parts.ledger.move(life, is, detail, writes);
  }

  #remember(life: Life, entry: Watched): void {
    const point = life.target.point!.id;
    const watched = this.#watched.get(point);
    if (watched) watched.set(life, entry);
    else this.#watched.set(point, new Map([[life, entry]]));
  }

  #finish(life: Life, end: () => void): void {
    this.#forget(life);
    end();
  }

  #forget(life: Life): void {
    const point = life.target.point!.id;
    const watched = this.#watched.get(point);
    if (watched?.delete(life) && watched.size === 0) this.#watched.delete(point);
  }
}

function superseded(by: Life): StepDetail {
  return { code: "superseded", message: `command ${by.command.id} by ${by.by.name} took its place before the plant showed it` };
}

function maskedBy(priority: number, value: Value, point: PointId): StepDetail {
  return { heldBy: { priority, value }, code: "masked", message: `priority ${priority} holds ${point} at ${String(value)}` };
}
