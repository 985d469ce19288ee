import type { DeviceEvent } from "#src/contract/adapter.ts";
import type { GapFact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Outlet } from "./outlet.ts";

/** What an adapter reports when numbers of a stream that counts its samples were left out; see the contract. */
export const sequenceGap = "device.sequence-gap";

/** An event of a device onto the timeline; numbers left out are a gap in its stream besides, with an exact count. */
export function tellEvent(outlet: Outlet, event: DeviceEvent, stream: { name: string; heardAt: Timestamp }, now: Timestamp): void {
  const { id, device, type, point, sourceTime, data } = event;
  outlet.publish({
    kind: "event",
    type,
    device,
    data: { ...data, id },
    ...(point !== undefined && { point }),
    ...(sourceTime !== undefined && { sourceTime }),
  });
  const gap = type === sequenceGap ? gapOf(event, stream, now) : undefined;
  if (gap) outlet.publish(gap);
}

/** Undefined when the event counts nothing: a gap in which nothing was lost would say that it is filled. */
export function gapOf({ data }: DeviceEvent, { name, heardAt }: { name: string; heardAt: Timestamp }, now: Timestamp): GapFact | undefined {
  const { lost, from, before } = data;
  if (typeof lost !== "number" || !Number.isSafeInteger(lost) || lost <= 0) return undefined;
  const since = typeof from === "number" && Number.isFinite(from) ? from : heardAt;
  const next = typeof before === "number" ? ` before number ${before}` : "";
  return {
    kind: "gap",
    stream: name,
    from: Math.min(since, now),
    to: now,
    lost,
    why: `the source left out ${lost}${next} by its own count`,
  };
}
