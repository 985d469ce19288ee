import type { Command, CommandStep } from "#msgs/command.ts";
import type { DeviceAct, Receipt } from "./adapter.ts";
import type { DeviceId, PointId, Value } from "#msgs/point.ts";

export type Role = "viewer" | "operator" | "engineer" | "admin";

/** Whoever asks: a person or a program, with what they may do and where. */
export interface Principal {
  readonly name: string;
  readonly kind: "person" | "program";
  readonly role: Role;
  /** Absent: everywhere. */
  readonly areas?: readonly string[];
}

/** The answer at once: understood and not refused by the gates, or refused with a reason. The end comes as a step fact. */
export type Verdict =
  | { readonly status: "success"; readonly commandId: string }
  | { readonly status: "rejected"; readonly commandId: string; readonly code: string; readonly message: string };

/** The one door: every write route goes through `submit`. */
export interface Desk {
  submit(command: Command, by: Principal): Verdict;
  cancel(commandId: string, by: Principal): Verdict;
  /** The last step of a command, or undefined when it is not known. */
  find(commandId: string): CommandStep | undefined;
}

/** Live's way to the outside; values are in the point's unit, scaling is the host's business. Exists in live only; a replay has none to call. */
export interface Actuator {
  perform(act: DeviceAct, signal: AbortSignal): Promise<Receipt>;
}

/** What the desk needs of the device side: the link to act on, and the host's own reading afterwards. */
export interface DeviceSide {
  /** Undefined when the device's link is not up. */
  actuator(device: DeviceId): Actuator | undefined;
  /** Asks now; the answers go onto the bus as `asked` samples. Resolves when they are published, rejects when the device does not answer. */
  ask(points: readonly PointId[], signal: AbortSignal): Promise<void>;
  /** The device keeps the sixteen slots of this point itself (BACnet); then they are its, and the gateway mirrors them. */
  keepsSlots?(point: PointId): boolean;
  /** The device's own sixteen, asked now, index 0 is priority 1, in the point's unit. Rejects when the device does not answer. */
  slots?(point: PointId, signal: AbortSignal): Promise<readonly (Value | null)[]>;
}
