import type { Device, Point } from "#msgs/point.ts";
import { loadSite, type Site, type SiteAdapter } from "#src/config/index.ts";
import { protocols } from "#src/protocols.ts";

export const links = 10;
export const groupsEach = 10;
export const pointsEach = 1_000;
export const total = links * groupsEach * pointsEach;
/** The one point that is commanded while everything is read. */
export const commanded = "d0/g0/p0";

/** Ten links, behind each ten units, behind each a thousand registers, all once a second; one of them can be written. */
export function largeSite(folder: string, ports: readonly number[], pollMs = 1_000): Site {
  const text = `site: { name: bench }\nserver: { port: 0 }\nauth: { loopback: operator }\ndata: { folder: ${folder} }\nlog: { level: warn }\n`;
  const loaded = loadSite(text, { modules: protocols, env: {}, path: "bench.yaml", readFile: () => "" });
  if ("problems" in loaded) throw new Error(loaded.problems.map(({ message }) => message).join("; "));
  const devices: Device[] = [];
  const points: Point[] = [];
  const module = protocols.find(({ protocol }) => protocol === "modbus")!;
  // One string for each, as a template in a site file makes it.
  const addresses = Array.from({ length: pointsEach }, (_, n) => `holding:${n}`);
  const adapters = ports.map((port, link): SiteAdapter => {
    const adapter = `d${link}`;
    const behind = Array.from({ length: groupsEach }, (_, group) => {
      const id = `d${link}/g${group}`;
      devices.push({ id, adapter, protocol: "modbus", area: "all" });
      const bindings = addresses.map((address, n) => bindingOf(`${id}/p${n}`, id, address, pollMs));
      for (const binding of bindings) points.push(pointOf(binding, adapter));
      return { id, options: { unit: group + 1 }, bindings };
    });
    return { id: adapter, protocol: "modbus", module, config: { id: adapter, link: { host: "127.0.0.1", port }, devices: behind } };
  });
  return { ...loaded.site, revision: `bench ${ports.join()} every ${pollMs} ms`, areas: [{ id: "all" }], devices, points, adapters };
}

function bindingOf(point: string, device: string, address: string, pollMs: number) {
  return { point, device, address, kind: "number" as const, writable: point === commanded, pollMs };
}

function pointOf({ point, device, address, pollMs }: ReturnType<typeof bindingOf>, adapter: string): Point {
  return {
    id: point,
    device,
    area: "all",
    kind: "number",
    staleAfterMs: 3_000,
    binding: { adapter, address, pollMs, scale: { gain: 0.1, offset: 0 } },
    ...(point === commanded && { control }),
  };
}

const control = {
  mode: "slots",
  default: "leave",
  onReturn: "leave",
  significance: "routine",
  evidence: { tolerance: 0.01, withinMs: 5_000, holdMs: 0 },
  interlocks: [],
} as const;
