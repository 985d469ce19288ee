import type { CommandStep } from "#msgs/command.ts";
import type { Device } from "#msgs/point.ts";
import type { Mission } from "#msgs/mission.ts";
import { formatTime } from "#msgs/time.ts";
import type { DeviceJson, OverrideJson, PointJson } from "#msgs/wire/http.ts";
import type { CommandJson, LatestJson, MissionJson, SampleJson } from "#msgs/wire/values.ts";
import { quality } from "#msgs/quality.ts";
import type { LatestValue, LinkStatus, Plant } from "#src/contract/gateway.ts";
import type { Override, Services, StampedStep } from "./services.ts";

/** From the gateway's own shapes to what people and programs read. Pure. */

export function sampleJson(value: LatestValue): SampleJson {
  return {
    point: value.point,
    value: value.value,
    quality: value.quality,
    sourceTime: formatTime(value.sourceTime),
    at: formatTime(value.at),
  };
}

export function latestJson(
  value: LatestValue | undefined,
): (LatestJson & { lastGood?: { value: string | number | boolean; at: string } }) | null {
  if (!value) return null;
  const { value: now, quality: byte, sourceTime, at, lastGood } = value;
  return {
    value: now,
    quality: byte,
    sourceTime: formatTime(sourceTime),
    at: formatTime(at),
    ...(lastGood && { lastGood: { value: lastGood.value, at: formatTime(lastGood.at) } }),
  };
}

export function pointJson(
  services: Pick<Services, "latest">,
  point: Plant["points"] extends ReadonlyMap<string, infer P> ? P : never,
): PointJson {
  const { control, binding, states, ...plain } = point;
  return {
    ...plain,
    ...(states && { states: Object.fromEntries(Object.entries(states)) }),
    binding: { ...binding },
    ...(control && { control: { ...control } }),
    writable: control !== undefined,
    latest: latestJson(services.latest.get(point.id)),
  } as PointJson;
}

/** Some devices of the plant. Links and points are gone through once for all of them, however many there are. */
export function devicesJson(services: Pick<Services, "plant" | "links" | "latest">, ids: Iterable<string>): DeviceJson[] {
  const { plant, links, latest } = services;
  const asked = new Map([...ids].flatMap((id) => (plant.devices.has(id) ? [[id, { points: 0, quality: quality.good as number }]] : [])));
  for (const point of plant.points.values()) {
    const seen = asked.get(point.device);
    if (!seen) continue;
    seen.points++;
    seen.quality = Math.max(seen.quality, latest.get(point.id)?.quality ?? quality.badNoValue);
  }
  const ofDevice = new Map<string, LinkStatus>();
  const ofAdapter = new Map<string, LinkStatus>();
  for (const status of links.status()) {
    if (status.device === undefined) ofAdapter.set(status.adapter, status);
    else ofDevice.set(status.device, status);
  }
  return [...asked].map(([id, seen]) => {
    const device = plant.devices.get(id)!;
    return deviceJson(device, seen, ofDevice.get(id), ofAdapter.get(device.adapter));
  });
}

/** With what the adapter itself counts about the link, which is about its other devices too. */
export function withHealth(device: DeviceJson, links: Services["links"]): DeviceJson {
  const health = links.status().find(({ adapter, device: inner }) => adapter === device.adapter && inner === undefined)?.health;
  return device.link && health ? { ...device, link: { ...device.link, health: { ...health } } } : device;
}

function deviceJson(
  device: Device,
  seen: { points: number; quality: number },
  own: LinkStatus | undefined,
  whole: LinkStatus | undefined,
): DeviceJson {
  const link = own ?? whole;
  return {
    id: device.id,
    adapter: device.adapter,
    protocol: device.protocol,
    ...(device.title !== undefined && { title: device.title }),
    ...(device.area !== undefined && { area: device.area }),
    state: link?.state ?? "connecting",
    ...(link && { since: formatTime(link.since) }),
    ...(link?.reason !== undefined && { reason: link.reason }),
    points: seen.points,
    quality: seen.quality,
    ...(own && { counters: countersJson(own) }),
    ...(whole && { link: { state: whole.state, counters: countersJson(whole) } }),
  };
}

function countersJson({ counters }: LinkStatus): NonNullable<DeviceJson["counters"]> {
  const { roundTrip, ...rest } = counters;
  const { upperMs, counts, sumMs } = roundTrip;
  return { ...rest, errors: { ...counters.errors }, roundTrip: { upperMs: [...upperMs], counts: [...counts], sumMs } };
}

export function commandJson({
  step,
  at,
  requestedAt,
}: { step: CommandStep } & Partial<Pick<StampedStep, "at" | "requestedAt">>): CommandJson {
  const { command, observed } = step;
  return {
    id: command.id,
    commandId: command.id,
    asked: command.asked,
    act: { ...command.act },
    state: step.state,
    by: step.by,
    priority: command.priority,
    ...(at !== undefined && { at: formatTime(at) }),
    ...(requestedAt !== undefined && { requestedAt: formatTime(requestedAt) }),
    ...(command.ttlMs !== undefined && { ttlMs: command.ttlMs }),
    ...(command.reason !== undefined && { reason: command.reason }),
    ...(command.expected !== undefined && { expected: command.expected }),
    ...(command.expiresAt !== undefined && { expiresAt: formatTime(command.expiresAt) }),
    ...(step.code !== undefined && { code: step.code }),
    ...(step.message !== undefined && { message: step.message }),
    ...(observed && { observed: { ...observed, sourceTime: formatTime(observed.sourceTime) } }),
    ...(step.heldBy && { heldBy: step.heldBy }),
  };
}

/** The fields of the act beside the rest, and the valve's name where a valve was asked for. */
export function actFields(act: CommandStep["command"]["act"], asked: string, plant: Plant): Record<string, unknown> {
  if (act.do === "call") return { device: act.device, method: act.method };
  const fields = act.do === "set" ? { point: act.point, value: act.value } : { point: act.point };
  if (asked !== "valve.actuate") return fields;
  for (const valve of plant.valves.values()) if (valve.command === act.point) return { valveId: valve.id, ...fields };
  return fields;
}

export function missionJson(mission: Mission): MissionJson {
  return { ...mission, from: formatTime(mission.from), to: formatTime(mission.to), now: formatTime(mission.now) };
}

export function overrideJson({ since, expiresAt, ...rest }: Override): OverrideJson {
  return { ...rest, since: formatTime(since), expiresAt: expiresAt === undefined ? null : formatTime(expiresAt) };
}

const instants: ReadonlySet<string> = new Set(["at", "since", "until", "expiresAt"]);

/** Data that another part made, with its instants as people read them: JSON never carries a bare number for a time. */
export function withTimesAsText(data: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const told = (name: string, value: unknown): unknown => {
    if (typeof value === "number" && instants.has(name)) return formatTime(value);
    const isPlain = typeof value === "object" && value !== null && !Array.isArray(value);
    return isPlain && depth < 4 ? withTimesAsText(value as Record<string, unknown>, depth + 1) : value;
  };
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, told(name, value)]));
}
