import type { LinkStatus } from "#src/contract/gateway.ts";
import type { DevicePolling } from "./device-polling.ts";
import type { LinkPhase } from "./link-table.ts";

const linkStates = { idle: "connecting", connecting: "connecting", up: "up", waiting: "down", stopped: "stopped" } as const;

export function linkState(phase: LinkPhase): LinkStatus["state"] {
  return linkStates[phase];
}

/** One device as `/devices` shows it: it can be no better than its link. */
export function deviceStatus({ device, state: own, reason: why, isSilent }: DevicePolling, link: LinkStatus): LinkStatus {
  const states = { unknown: "connecting", up: isSilent ? "silent" : "up", doubtful: "up", down: "down" } as const;
  const reason = why ?? link.reason;
  return {
    adapter: link.adapter,
    device,
    protocol: link.protocol,
    state: link.state === "up" ? states[own.phase] : link.state,
    since: own.since,
    counters: own.counters.read(),
    ...(reason && { reason }),
  };
}
