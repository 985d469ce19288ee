import type { Timers } from "#src/contract/clock.ts";
import type { DeviceSide } from "#src/contract/control.ts";
import type { Binding, DeviceAct, Receipt } from "#src/contract/adapter.ts";
import type { ErrorCode } from "#src/kit/errors.ts";
import type { DeviceId, Point } from "#msgs/point.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { inTime } from "./in-time.ts";

/** What became of one act: taken, refused or never sent, or nobody can say. */
export type Outcome =
  | { readonly is: "answered"; readonly receipt: Receipt }
  | { readonly is: "failed"; readonly code: string; readonly message: string }
  | { readonly is: "doubtful"; readonly code: string; readonly message: string };

/** These say that the device understood and did not do it; after any other error a sent write may have been carried out. */
const refusals: ReadonlySet<ErrorCode> = new Set(["device-refused", "bad-address", "not-supported", "not-authorised", "busy"]);

/** The one place that lets anything out. The act is performed once; whatever happens, it is not performed again. */
export async function actuate(devices: DeviceSide, act: DeviceAct, timers: Timers, timeoutMs: number): Promise<Outcome> {
  const device = act.do === "call" ? act.device : act.binding.device;
  const actuator = devices.actuator(device);
  if (!actuator) return { is: "failed", code: "link-down", message: `${device} cannot be reached; nothing was sent` };
  try {
    return { is: "answered", receipt: await inTime(timers, timeoutMs, (signal) => actuator.perform(act, signal)) };
  } catch (error) {
    return outcomeOf(error, device);
  }
}

function outcomeOf(error: unknown, device: DeviceId): Outcome {
  if (!(error instanceof GatewayError)) return { is: "doubtful", code: "timeout", message: `${device}: ${messageOf(error)}` };
  if (refusals.has(error.code)) return { is: "failed", code: error.code, message: `${device} did not do it: ${error.message}` };
  if (!error.sent) return { is: "failed", code: error.code, message: `nothing was sent to ${device}: ${error.message}` };
  return { is: "doubtful", code: error.code, message: `${device} may have it: ${error.message}` };
}

export function bindingOf(point: Point): Binding {
  const { id, device, binding, kind } = point;
  return { point: id, device, address: binding.address, kind, writable: true, pollMs: binding.pollMs ?? 0 };
}
