import type { Command, CommandStep } from "#msgs/command.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Point, PointId, Value } from "#msgs/point.ts";
import type { CommandRow } from "#src/control/record.ts";
import type { MemoryTables } from "#src/control/memory-record.ts";
import type { UnrulyPlant, Write } from "./control-plant.ts";
import { isEnd } from "#msgs/command.ts";
import { History } from "./control-truth.ts";
import { described, noSlots, sentFirst, arrayOf, effectiveOf, isTaken, paperSlots, type Array16 } from "./control-paper.ts";

/** What the run was told about one command. */
export interface Told {
  readonly command: Command;
  sendingAt?: number;
  /** When it had its slot at the latest: told, or found in the record after a crash. */
  takenAt?: number;
  /** It was told, or found in the record after a crash, that the device took it. */
  isAnswered?: boolean;
  end?: CommandStep;
}

export interface OracleParts {
  readonly points: ReadonlyMap<PointId, Point>;
  readonly plant: UnrulyPlant;
  readonly tables: MemoryTables;
  readonly tolerance: number;
  readonly complain: (what: string) => void;
}

/**
 * A device that is asked cannot tell what it showed between two questions, so this much of an excursion may go unseen: the time
 * between two questions, a question that nobody answers, and an answer that comes as late as this plant lets them be.
 */
const unseenUs = 900_000;
/** Between what was found and its being told lie two commits, and the reading of an array. */
const graceUs = 100_000;
/** A newer command has its slot when it is taken, and is known to have it one commit later. */
const commitUs = 20_000;
/** An obedient device needs this long to take a value over. */
const obedienceUs = 60_000;

type Act = Exclude<Command["act"], { do: "call" }>;

/** Knows the truth of the plant and of the record at every instant, and holds every word of the desk against both. */
export class Oracle {
  readonly #parts: OracleParts;
  readonly told = new Map<string, Told>();
  /** Commands of each point in the order in which its lane takes them. */
  readonly queues = new Map<PointId, string[]>();
  readonly #queuedAt = new Map<string, number>();
  readonly #slots = new History<Array16>();
  #startedAt = 0;

  constructor(parts: OracleParts) {
    this.#parts = parts;
  }

  /** A gateway started on what an earlier one left: an answer to that one reaches nobody. */
  started(at: number): void {
    this.#startedAt = at;
    this.#learn();
    const { points, tables } = this.#parts;
    for (const point of points.keys()) this.#slots.put(point, at, arrayOf(tables, point));
    for (const [id, told] of this.told) {
      const row = tables.commands.get(id);
      if (row?.state === "sending") told.takenAt ??= row.changedAt;
      if (row?.state === "sent") told.isAnswered = true;
    }
  }

  see(fact: Fact): void {
    if (fact.kind !== "command") return;
    const { command, state } = fact.step;
    const { act, id } = command;
    if (act.do === "call") return;
    this.#learn();
    this.#slots.put(act.point, fact.at, arrayOf(this.#parts.tables, act.point));
    let told = this.told.get(id);
    if (!told) this.told.set(id, (told = { command }));
    if (state === this.#queuedBy(command, act)) this.#queue(act.point, id, state === "recorded" ? undefined : fact.at);
    if (state === "sending") told.sendingAt = fact.at;
    if (state === "sent") told.isAnswered = true;
    if (state === "sending" || state === "masked") told.takenAt ??= fact.at;
    if (state === "sending" && command.asked === "override.expire") {
      const isTied = (other: string) => this.#queuedAt.get(other) === this.#queuedAt.get(id) && this.told.get(other)?.takenAt === undefined;
      this.queues.set(act.point, sentFirst(this.queues.get(act.point) ?? [], id, isTied));
      this.#judgeExpiry(told, fact.step, act, fact.at);
    }
    if (!isEnd(state)) return;
    if (told.end) this.#complain(fact.step, `ended twice: ${told.end.state} before`);
    told.end = fact.step;
    this.#judge(told, fact.step, act, fact.at);
  }

  forgetBefore(at: number): void {
    this.#slots.forgetBefore(at);
  }

  /** The record's slots against a sheet of paper, which knows only the states of the commands and their order. */
  checkSlots(): void {
    const { points, plant, tables, complain } = this.#parts;
    this.#learn();
    for (const { id, control } of points.values()) {
      const written = plant.keepsSlots(id)
        ? undefined
        : paperSlots(tables, this.queues.get(id) ?? [], (row, stood) => this.#standsAgain(row, stood));
      if (control?.mode !== "slots" || !written) continue;
      const kept = arrayOf(tables, id);
      for (let index = 0; index < 16; index++) {
        if (kept[index] !== written[index])
          complain(`${id} slot ${index + 1} is ${String(kept[index])} in the record and ${String(written[index])} on paper`);
      }
    }
  }

  /** Nobody knows whether the device has this expiry, and nothing says that it has: then the override is still there, and has to go again. */
  #standsAgain({ id, state, step }: CommandRow, stood: Value | null): boolean {
    if (step.command.asked !== "override.expire" || state !== "unknown" || this.told.get(id)?.isAnswered) return false;
    if (this.#parts.tables.documents.has(`expiry ${id}`) || stood === null) return false;
    const observed = step.observed?.value ?? undefined;
    return observed === undefined || this.#isNear(observed, stood);
  }

  /** When nothing is under way any more: what only the end of the story shows. */
  finish(): void {
    const { plant, tables } = this.#parts;
    const owners = new Map<Write, string>();
    for (const [id, told] of this.told) {
      const act = told.command.act as Act;
      const write = told.sendingAt === undefined ? undefined : plant.writeAt(act.point, told.sendingAt);
      if (write) owners.set(write, id);
      const row = tables.commands.get(id);
      if (row) this.#judgeAtLast(told, row, act, write);
    }
    for (const write of plant.writes()) {
      if (!owners.has(write))
        this.#parts.complain(`a write on ${write.point} at ${write.began} belongs to no command that was told to be sending`);
    }
    this.checkSlots();
  }

  /** What is in the record and was not told yet: one commit may hold both marks of several, and the gateway may be killed in it. */
  #learn(): void {
    if (this.told.size === this.#parts.tables.commands.size) return;
    for (const [id, { state, step, changedAt }] of this.#parts.tables.commands) {
      const { command } = step;
      const { act } = command;
      if (this.told.has(id) || act.do === "call") continue;
      const hasSlot = state === "sending" || state === "sent" || state === "masked";
      this.told.set(id, { command, ...(hasSlot && { sendingAt: changedAt, takenAt: changedAt }) });
      if (this.#queuedBy(command, act) === "recorded") this.#queue(act.point, id);
    }
  }

  /** A command on a critical point stands in line once it has been released. */
  #queuedBy({ asked }: Command, act: Act): CommandStep["state"] {
    const isHeld = this.#parts.points.get(act.point)?.control?.significance === "critical" && !asked.startsWith("override.expire");
    return isHeld && asked !== "recipe.compensate" && asked !== "slot.reassert" ? "released" : "recorded";
  }

  /** Whoever waits for nobody stands in line when it is asked for, whoever was held when its release is told. */
  #queue(point: PointId, id: string, releasedAt?: number): void {
    const queue = this.queues.get(point) ?? [];
    if (queue.includes(id)) return;
    const at = releasedAt ?? this.#parts.tables.commands.get(id)!.askedAt;
    this.#queuedAt.set(id, at);
    const before = queue.findLastIndex((other) => this.#queuedAt.get(other)! <= at);
    this.queues.set(point, queue.toSpliced(before + 1, 0, id));
  }

  /** Only what stands in the slot may run out, and only in its time. */
  #judgeExpiry({ command }: Told, step: CommandStep, act: Act, now: number): void {
    const queue = this.queues.get(act.point) ?? [];
    const before = queue
      .slice(0, queue.indexOf(command.id))
      .findLast((id) => this.told.get(id)?.command.priority === command.priority && this.#stands(id));
    const last = before === undefined ? undefined : this.told.get(before);
    if (this.#parts.plant.keepsSlots(act.point) || !last) return;
    const { ttlMs } = last.command;
    const until = (last.sendingAt ?? 0) + (ttlMs ?? Infinity) * 1_000;
    if (last.command.act.do === "set" && until > now + graceUs) this.#complain(step, `over ${before}, whose time has not come`);
  }

  #judge(told: Told, step: CommandStep, act: Act, now: number): void {
    const { plant, points } = this.#parts;
    const control = points.get(act.point)!.control!;
    if (step.state === "masked") return this.#judgeMasked(told, step, act, now);
    if (control.mode === "momentary" && control.evidence.withinMs === 0) return;
    const sendingAt = told.sendingAt ?? 0;
    const answered = sendingAt < this.#startedAt ? this.#startedAt : (plant.writeAt(act.point, sendingAt)?.answered ?? sendingAt);
    const since = answered <= now ? answered : sendingAt;
    if (step.state === "confirmed") {
      if (act.do === "set") this.#judgeShown(step, act.point, since, now, act.value);
      else this.#judgeGivenBack(step, act.point, since, now);
    }
    const decided = this.#parts.tables.commands.get(step.command.id)?.changedAt ?? now;
    const newer = this.#newer(told, act).find((id) => this.#stands(id) && (this.told.get(id)?.takenAt ?? decided) < decided - commitUs);
    if (newer !== undefined && (step.state === "confirmed" || step.state === "mismatch" || step.code === "in-doubt"))
      this.#complain(step, `though ${newer} had taken its slot`);
    if (step.state === "mismatch" || step.code === "in-doubt") this.#judgeDiffers(step, act, since, now);
  }

  /** Shown at some instant after the device had answered this write (what was so before says nothing), held, and observed. */
  #judgeShown(step: CommandStep, point: PointId, since: number, now: number, value: Value): void {
    const { plant, points } = this.#parts;
    const isIt = (shown: Value) => this.#isNear(shown, value);
    const shows = String(plant.truth.valueAt(point, now));
    if (!plant.truth.showed(point, since, now, isIt)) this.#complain(step, `at ${String(value)} and the point has shown ${shows} since`);
    const holdUs = points.get(point)!.control!.evidence.holdMs * 1_000;
    const away = plant.truth.longestAway(point, now - holdUs, now, isIt);
    if (away > unseenUs) this.#complain(step, `and the point was away from ${String(value)} for ${away / 1_000} ms of its hold`);
    const observed = step.observed?.value ?? undefined;
    if (observed === undefined || !isIt(observed)) this.#complain(step, `at ${String(value)} having observed ${String(observed)}`);
  }

  /** The slot is empty, and what holds the point now was shown. */
  #judgeGivenBack(step: CommandStep, point: PointId, since: number, now: number): void {
    const { plant } = this.#parts;
    const index = step.command.priority - 1;
    const recent = this.#during(point, plant.keepsSlots(point) ? since : now - graceUs, now);
    if (!recent.some((array) => array[index] === null)) return this.#complain(step, `and its slot is not empty`);
    const targets = [...new Set(recent.map((array) => this.#effective(point, array)))];
    if (targets.includes(undefined)) return;
    const shown = targets.filter((target) => plant.truth.showed(point, since, now, (value) => this.#isNear(value, target!)));
    if (shown.length === 0) this.#complain(step, `and the point did not show ${targets.join(" or ")}, which holds it`);
    const observed = step.observed?.value ?? undefined;
    if (observed === undefined || !targets.some((target) => this.#isNear(observed, target!)))
      this.#complain(step, `having observed ${String(observed)} where ${targets.join(" or ")} holds`);
  }

  #judgeMasked(told: Told, step: CommandStep, act: Act, now: number): void {
    const { heldBy, command } = step;
    if (!heldBy || heldBy.priority >= command.priority) return this.#complain(step, `by ${JSON.stringify(heldBy)}`);
    const own = act.do === "set" ? act.value : null;
    const isSo = (array: Array16) => {
      const at = array[heldBy.priority - 1];
      return at !== null && this.#isNear(at!, heldBy.value) && array.slice(0, heldBy.priority - 1).every((value) => value === null);
    };
    const recent = this.#during(act.point, now - graceUs, now);
    // A slot that stands again is told by nobody, and may be taken in the next commit: then the sheet of paper knows it.
    const queue = this.queues.get(act.point) ?? [];
    const earlier = queue.slice(0, queue.indexOf(command.id));
    const paper = paperSlots(this.#parts.tables, earlier, (row, stood) => this.#standsAgain(row, stood));
    const isOnPaper = !this.#parts.plant.keepsSlots(act.point) && isSo(paper);
    if (!recent.some(isSo) && !isOnPaper)
      this.#complain(step, `by ${JSON.stringify(heldBy)}, and the slots are ${JSON.stringify(recent.at(-1))}`);
    const isNewerThere = this.#newer(told, act).some((id) => this.#stands(id));
    if (!isNewerThere && !recent.some((array) => array[command.priority - 1] === own))
      this.#complain(step, "and its own slot is not as it left it");
  }

  /** Said to show something else: then the plant must not have followed the slots from the answer on until now. */
  #judgeDiffers(step: CommandStep, act: Act, since: number, now: number): void {
    const { plant } = this.#parts;
    const { point } = act;
    const turns = this.#held(point).during(point, since, now);
    const wanted = act.do === "set" ? act.value : null;
    const isSo = (value: Value, at: number) => {
      const array = this.#held(point).at(point, at) ?? [];
      if (plant.keepsSlots(point) && array[step.command.priority - 1] !== wanted) return false;
      const holds = wanted ?? this.#effective(point, array);
      return holds !== undefined && this.#isNear(value, holds);
    };
    const instants = turns.map(({ at }) => at);
    const away = plant.truth.longestAway(point, act.do === "set" ? since : since + 1, now, isSo, instants);
    if (away > (act.do === "set" ? 0 : obedienceUs) || plant.truth.longestAway(point, now - graceUs, now, isSo, instants) > 0) return;
    // A short excursion that was really seen is a difference, also when the plant is back by the time it is told.
    const seen = step.observed?.value ?? undefined;
    const wasThere = (value: Value) => seen !== undefined && this.#isNear(value, seen);
    if (seen !== undefined && !isSo(seen, now) && plant.truth.showed(point, Math.max(since, now - 1_500_000), now, wasThere)) return;
    // What an array showed before it turned, moments ago, may be what the desk still goes by.
    if (plant.keepsSlots(point) && plant.arrayTruth.during(point, now - 1_500_000, now).length > 1) return;
    this.#complain(step, `and the plant has followed since ${since} (${now - since} us)`);
  }

  #judgeAtLast(told: Told, row: CommandRow, act: Act, write: Write | undefined): void {
    const { state, step } = row;
    if (!isEnd(state)) return this.#complain(step, "and never ended");
    if (step.command.asked === "override.expire" && !write?.carriedOut) this.#judgeForgotten(told, step, act);
    const isUndone = !isTaken(row);
    if (isUndone && write && write.carriedOut > 0) this.#complain(step, "and the device carried it out");
    if (write && write.began >= (told.command.expiresAt ?? Infinity)) this.#complain(step, "and went out after its time");
    if (isUndone && state !== "failed" && write) this.#complain(step, "and it reached the device");
    if (state === "masked" && !this.#wasHeld(step, act)) this.#complain(step, `by ${JSON.stringify(step.heldBy)}, which was never done`);
    if (step.code === "superseded" && !this.#newer(told, act).some((id) => this.#stands(id)))
      this.#complain(step, "and nothing newer took its slot");
  }

  /** The last word on a point is an expiry that never arrived: what it should have ended must still be listed, or gone. */
  #judgeForgotten({ isAnswered, sendingAt = 0 }: Told, step: CommandStep, { point }: Act): void {
    const { plant, tables } = this.#parts;
    const { id, priority } = step.command;
    const queue = this.queues.get(point) ?? [];
    if (isAnswered || queue.at(-1) !== id || arrayOf(tables, point)[priority - 1] !== null) return;
    const stood = queue
      .map((other) => this.told.get(other)!.command)
      .findLast(({ id: other, ...set }) => set.priority === priority && set.act.do === "set" && this.#stands(other));
    if (step.state !== "unknown" || stood?.act.do !== "set") return;
    const { value } = stood.act;
    // Once it has shown something else, it was somebody's hand or an older write that came late.
    const hasMoved = plant.truth.showed(point, sendingAt, Infinity, (shown) => !this.#isNear(shown, value));
    if (!hasMoved) this.#complain(step, `and the plant still shows ${String(value)}, of which nobody is told any more`);
  }

  #newer({ command }: Told, { point }: Act): readonly string[] {
    const queue = this.queues.get(point) ?? [];
    return queue
      .slice(queue.indexOf(command.id) + 1)
      .filter((id) => this.#isMomentary(point) || this.told.get(id)?.command.priority === command.priority);
  }

  /** Some command that was done put that value into that slot. */
  #wasHeld({ heldBy }: CommandStep, { point }: Act): boolean {
    if (this.#parts.plant.keepsSlots(point)) return true;
    return (this.queues.get(point) ?? []).some((id) => {
      const { act, priority } = this.told.get(id)!.command;
      return act.do === "set" && priority === heldBy!.priority && this.#isNear(act.value, heldBy!.value) && this.#stands(id);
    });
  }

  #stands(id: string): boolean {
    const row = this.#parts.tables.commands.get(id);
    return row !== undefined && isTaken(row);
  }

  #isMomentary(point: PointId): boolean {
    return this.#parts.points.get(point)?.control?.mode === "momentary";
  }

  #held(point: PointId): History<Array16> {
    return this.#parts.plant.keepsSlots(point) ? this.#parts.plant.arrayTruth : this.#slots;
  }

  #during(point: PointId, from: number, to: number): readonly Array16[] {
    return this.#held(point).during(point, from, to).map(({ value }) => value ?? noSlots); // prettier-ignore
  }

  #effective(point: PointId, array: Array16): Value | undefined {
    return effectiveOf(array, this.#parts.points.get(point)!.control!.default);
  }

  #isNear(a: Value, b: Value): boolean {
    return Math.abs(Number(a) - Number(b)) <= this.#parts.tolerance;
  }

  #complain(step: CommandStep, what: string): void {
    this.#parts.complain(`${described(step)} ${what}`);
  }
}
