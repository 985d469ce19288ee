import type { Cancel, LiveTime } from "#src/contract/clock.ts";
import type { Receipt } from "#src/contract/adapter.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { DeviceSlots } from "./device-slots.ts";
import type { Life, Ledger, StepDetail } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { Finding, Verifier } from "./verifier.ts";

export interface FollowUpParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly ledger: Ledger;
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

/** From the device's answer to the end of the command: looks for the effect until the plant has shown it, or something else. */
export class FollowUp {
  readonly #parts: FollowUpParts;
  /** By point: commands whose effect is being looked for. */
  readonly #watched = new Map<PointId, Map<Life, Cancel>>();
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
    const after = this.#parts.time.now();
    const { point } = life.target;
    if (point) this.#answeredAt.set(point.id, after);
    if (plan.do === "call" || !point?.control) return this.#endByReceipt(life, answer);
    if (point.control.evidence.withinMs === 0 && point.control.mode === "momentary") return this.#endByReceipt(life, answer);
    if (plan.do === "device-slot") return this.#followArray(life, plan.value, after, answer);
    if (plan.target === undefined) return this.#end(life, { is: "match" }, answer);
    this.#seek(life, plan.target, after, answer);
  }

  /** A newer command on the point goes out: whoever still waits for the old effect will not see it. */
  supersede(by: Life): void {
    const point = by.target.point?.id;
    if (point === undefined) return;
    const { act, priority } = by.command;
    for (const [life, cancel] of this.#watched.get(point) ?? []) {
      const isSameSlot = life.command.priority === priority || by.target.point?.control?.mode === "momentary";
      const isAbove = act.do === "set" && priority < life.command.priority;
      if (!isSameSlot && !isAbove) continue;
      cancel();
      this.#forget(life);
      if (isSameSlot) this.#parts.ledger.move(life, "supersede", superseded(by));
      else this.#parts.ledger.move(life, "mask", maskedBy(priority, (act as { value: Value }).value, point));
    }
  }

  close(): void {
    for (const watched of this.#watched.values()) for (const cancel of watched.values()) cancel();
    this.#watched.clear();
  }

  #seek(life: Life, target: Value, after: Timestamp, answer: Answer): void {
    const { id, control } = life.target.point!;
    const { point = id, tolerance, withinMs, holdMs } = control!.evidence;
    const question = { id: life.command.id, point, target, tolerance, withinMs: answer.withinMs ?? withinMs, holdMs, after };
    let isFound = false;
    const cancel = this.#parts.verifier.watch(question, (finding) => {
      isFound = true;
      this.#forget(life);
      this.#end(life, finding, answer);
    });
    if (!isFound) this.#remember(life, cancel);
  }

  /** The device keeps the sixteen: first its array must show what was asked, then the plant whatever the array makes of it. */
  #followArray(life: Life, value: Value | null, after: Timestamp, answer: Answer): void {
    const { id, control } = life.target.point!;
    const { priority } = life.command;
    const stop = new AbortController();
    this.#remember(life, () => stop.abort());
    const withinMs = answer.withinMs ?? control!.evidence.withinMs;
    void this.#parts.deviceSlots.settle(life.target.point!, priority, value, withinMs, stop.signal).then((shown) => {
      if (stop.signal.aborted) return;
      this.#forget(life);
      if (shown.is !== "shown") return this.#end(life, shown, answer, shown.writes);
      if (value !== null && shown.holder && shown.holder.priority < priority) {
        return this.#parts.ledger.move(life, "mask", maskedBy(shown.holder.priority, shown.holder.value, id), shown.writes);
      }
      const target = shown.holder?.value ?? (control!.default === "leave" ? undefined : control!.default);
      this.#parts.deviceSlots.keep(shown.writes);
      if (target === undefined) this.#end(life, { is: "match" }, answer);
      else this.#seek(life, target, after, answer);
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

  #remember(life: Life, cancel: Cancel): void {
    const point = life.target.point!.id;
    const watched = this.#watched.get(point);
    if (watched) watched.set(life, cancel);
    else this.#watched.set(point, new Map([[life, cancel]]));
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
