import type { LiveTime } from "#src/contract/clock.ts";
import type { DeviceId } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import type { DevicePhase } from "./link-table.ts";
import type { Outlet } from "./outlet.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { step } from "#src/kit/table.ts";
import { Counters } from "./counters.ts";
import { deviceTable } from "./link-table.ts";

/** A device that comes and goes all the time fills no log: so many lines about it at once, then one a minute. */
const linesAtOnce = 10;
const usPerLine = 60_000_000;

export interface DeviceStateParts {
  readonly adapter: string;
  readonly device: DeviceId;
  readonly outlet: Outlet;
  readonly time: LiveTime;
  readonly linkCounters: Counters;
  readonly log: Log;
  /** Told when the device went up or down. */
  readonly changed: () => void;
}

/** How one device is and what it has done: its phase, told as link facts when it goes up or down, and its counters. */
export class DeviceState {
  readonly counters: Counters;
  readonly #parts: DeviceStateParts;
  /** The device's and its link's, which count the same. */
  readonly #all: readonly Counters[];
  #phase: DevicePhase = "unknown";
  #since: number;
  #heardAt: number;
  #pushedAt = 0;
  #reason: string | undefined;
  #hasAnswered = false;
  /** What the log heard last: a link that is made anew says nothing new about a device that stays away. */
  #isAwayInLog = false;
  #linesLeft = linesAtOnce;
  #linesSince: number;

  constructor(parts: DeviceStateParts) {
    this.#parts = parts;
    this.counters = new Counters(parts.time);
    this.#all = [this.counters, parts.linkCounters];
    this.#since = parts.time.now();
    this.#heardAt = this.#since;
    this.#linesSince = this.#since;
  }

  get phase(): DevicePhase {
    return this.#phase;
  }

  get since(): number {
    return this.#since;
  }

  /** When this device last said anything. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** When this device last said anything by itself. */
  get pushedAt(): number {
    return this.#pushedAt;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  /** Whether anything was heard since the link came up. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** A link was opened: nothing was heard over it yet. */
  begin(): void {
    this.#hasAnswered = false;
  }

  /** `bad` are the kinds of bad values among what came. */
  replied(points: number, tookMs: number, bad: Iterable<string>): void {
    for (const counters of this.#all) counters.answered(points, tookMs);
    this.#countBad(bad);
    this.answered();
  }

  pushed(points: number, bad: Iterable<string> = []): void {
    this.#pushedAt = this.#parts.time.now();
    for (const counters of this.#all) counters.pushed(points);
    this.#countBad(bad);
  }

  shed(points: number): void {
    for (const counters of this.#all) counters.shed(points);
  }

  answered(): void {
    this.#hasAnswered = true;
    this.#heardAt = this.#parts.time.now();
    this.#reason = undefined;
    this.#turn("answered");
  }

  /** Answers with what it is now. */
  failed(error: unknown): DevicePhase {
    const code = this.count(error);
    this.#reason = messageOf(error);
    this.#turn("failed", code);
    return this.#phase;
  }

  /** Counts an error that says nothing about whether the device is there. */
  count(error: unknown): string {
    const code = error instanceof GatewayError ? error.code : "bad-answer";
    for (const counters of this.#all) counters.failed(code);
    return code;
  }

  #countBad(kinds: Iterable<string>): void {
    for (const kind of kinds) for (const counters of this.#all) counters.failed(kind);
  }

  unlinked(): void {
    this.#phase = step(deviceTable, this.#phase, "unlinked");
  }

  #turn(event: "answered" | "failed", code?: string): void {
    const before = this.#phase;
    this.#phase = step(deviceTable, before, event);
    if (this.#phase === before) return;
    this.#since = this.#parts.time.now();
    if (this.#phase !== "up" && this.#phase !== "down") return;
    const { adapter, device, outlet, changed } = this.#parts;
    const why = { ...(code && { code }), ...(this.#reason && { reason: this.#reason }) };
    outlet.publish({ kind: "link", adapter, device, state: this.#phase, ...why });
    this.#tellLog(this.#phase === "down", code);
    changed();
  }

  #tellLog(isAway: boolean, code: string | undefined): void {
    if (isAway === this.#isAwayInLog) return;
    const { device, log, time } = this.#parts;
    const refilled = Math.floor((time.now() - this.#linesSince) / usPerLine);
    this.#linesSince += refilled * usPerLine;
    this.#linesLeft = Math.min(linesAtOnce, this.#linesLeft + refilled);
    // Whoever was told that it went is told that it is back.
    if (isAway && this.#linesLeft === 0) return;
    this.#linesLeft = Math.max(0, this.#linesLeft - 1);
    this.#isAwayInLog = isAway;
    if (isAway) log.warn(`${device} does not answer: ${this.#reason}`, { code });
    else log.info(`${device} answers again`);
  }
}
