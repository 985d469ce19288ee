import type { LiveTime } from "#src/contract/clock.ts";
import type { DeviceId } from "#msgs/point.ts";
import type { DevicePhase } from "./link-table.ts";
import type { Outlet } from "./outlet.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { step } from "#src/kit/table.ts";
import { Counters } from "./counters.ts";
import { deviceTable } from "./link-table.ts";

export interface DeviceStateParts {
  readonly adapter: string;
  readonly device: DeviceId;
  readonly outlet: Outlet;
  readonly time: LiveTime;
  readonly linkCounters: Counters;
  /** Told when the device went up or down. */
  readonly changed: () => void;
}

/** How one device is and what it has done: its phase, told as link facts when it goes up or down, and its counters. */
export class DeviceState {
  readonly counters: Counters;
  readonly #parts: DeviceStateParts;
  #phase: DevicePhase = "unknown";
  #since: number;
  #heardAt: number;
  #reason: string | undefined;
  #hasAnswered = false;

  constructor(parts: DeviceStateParts) {
    this.#parts = parts;
    this.counters = new Counters(parts.time);
    this.#since = parts.time.now();
    this.#heardAt = this.#since;
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

  replied(points: number, tookMs: number): void {
    this.counters.answered(points, tookMs);
    this.#parts.linkCounters.answered(points, tookMs);
    this.answered();
  }

  pushed(points: number): void {
    this.counters.pushed(points);
    this.#parts.linkCounters.pushed(points);
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
    this.counters.failed(code);
    this.#parts.linkCounters.failed(code);
    return code;
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
    changed();
  }
}
