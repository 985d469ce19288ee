import type { Found } from "#src/contract/adapter.ts";

export interface FoundDevice {
  readonly id: string;
  readonly title?: string;
  readonly points: Record<string, unknown>[];
  readonly [option: string]: unknown;
}

export interface FoundEntry {
  readonly id: string;
  readonly protocol: string;
  readonly devices: readonly FoundDevice[];
  readonly [option: string]: unknown;
}

/** What was found, as an adapter of a site file: devices once each, ids made fit, doubles told apart. */
export function siteEntry(id: string, protocol: string, link: Readonly<Record<string, unknown>>, found: readonly Found[]): FoundEntry {
  const devices = new Map<string, { device: FoundDevice; ids: Set<string> }>();
  const deviceIds = new Set<string>();
  for (const { device, point } of found) {
    let known = devices.get(device.id);
    if (!known) {
      const { title, options } = device;
      const made: FoundDevice = { id: free(fit(device.id), deviceIds), ...(title !== undefined && { title }), ...options, points: [] };
      devices.set(device.id, (known = { device: made, ids: new Set() }));
    }
    if (!point) continue;
    const { address, kind, unit, title, writable, states, range } = point;
    known.device.points.push({
      id: free(fit(point.id), known.ids),
      address,
      ...(kind !== "number" && { kind }),
      ...(title !== undefined && { title }),
      ...(unit !== undefined && { unit }),
      ...(range && { range }),
      ...(states && { states }),
      ...(writable && { control: {} }),
    });
  }
  return { id, protocol, ...link, devices: [...devices.values()].map(({ device }) => device) };
}

/** Lower case words of the letters an id may have. */
function fit(name: string): string {
  const words = name.split("/").map((word) =>
    word
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, "-")
      .replaceAll(/^[^a-z0-9]+|-+$/g, ""),
  );
  return words.filter((word) => word !== "").join("-") || "unnamed";
}

function free(id: string, taken: Set<string>): string {
  let made = id;
  for (let n = 2; taken.has(made); n++) made = `${id}-${n}`;
  taken.add(made);
  return made;
}
