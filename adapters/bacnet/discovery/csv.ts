import type { Found, Imported } from "#src/contract/adapter.ts";
import { formatAddress, parseAddress } from "../address.ts";
import { normaliseAddress } from "../wire/udp-address.ts";
import { kindOf } from "./details.ts";
import { Names, slug } from "./naming.ts";
import { parseTable } from "./table.ts";

/**
 * Reads a table with a heading row: `device` (instance), `object` (`analog-input:3`, or any address of this adapter), and as far
 * as known `device name`, `address`, `name`, `title`, `unit` (UCUM), `writable`, `min`, `max`, `states` (`1=off|2=on`).
 */
export function importCsv(text: string): Imported {
  const [head = [], ...rows] = parseTable(text);
  const at = new Map(head.map((title, i) => [title.trim().toLowerCase(), i]));
  if (!at.has("device") || !at.has("object")) {
    return {
      found: [],
      problems: [{ line: 1, message: `the heading needs the columns "device" and "object", found ${head.slice(0, 12).join(", ")}` }],
    };
  }
  const problems: { line: number; message: string }[] = [];
  const found: Found[] = [];
  const names = new Names();
  const devices = new Map<number, { device: Found["device"]; names: Names }>();
  rows.forEach((row, i) => {
    const cell = (column: string) => (row[at.get(column) ?? -1] ?? "").trim();
    const problem = (message: string) => void problems.push({ line: i + 2, message });
    const instance = Number(cell("device"));
    if (!/^\d{1,7}$/.test(cell("device")) || instance > 4_194_302) return problem(`"${cell("device")}" is not a device instance`);
    const parsed = parseAddress(cell("object"));
    if ("problem" in parsed) return problem(parsed.problem);
    const udp = cell("address") === "" ? undefined : normaliseAddress(cell("address"));
    if (cell("address") !== "" && udp === undefined) return problem(`"${cell("address")}" is not an IPv4 address`);
    const known = devices.get(instance);
    const device = known ?? {
      device: {
        id: names.take(slug(cell("device name"), `bacnet-${instance}`)),
        options: { instance, ...(udp !== undefined && { address: udp }) },
      },
      names: new Names(),
    };
    devices.set(instance, device);
    if (!known) found.push({ device: device.device });
    const address = formatAddress(parsed.address);
    const title = cell("title") || cell("name");
    found.push({
      device: device.device,
      point: {
        id: device.names.take(slug(cell("name"), address.replace(/[^a-z0-9]+/g, "-").replace(/-$/, ""))),
        address,
        kind: kindOf(parsed.address.object) ?? "text",
        writable: /^(y|1|true)/i.test(cell("writable")),
        ...(title !== "" && { title }),
        ...(cell("unit") !== "" && { unit: cell("unit") }),
        ...rangeOf(cell("min"), cell("max")),
        ...statesOf(cell("states")),
      },
    });
  });
  return { found, problems };
}

function rangeOf(low: string, high: string): { range?: { min: number; max: number } } {
  const [min, max] = [Number(low), Number(high)];
  return low !== "" && high !== "" && min < max ? { range: { min, max } } : {};
}

function statesOf(text: string): { states?: Record<number, string> } {
  const pairs = text.split("|").map((part) => /^\s*(\d{1,5})\s*=\s*(.*)$/.exec(part));
  const named = pairs.flatMap((match) => (match ? [[Number(match[1]), match[2]!.trim()] as const] : []));
  return named.length > 0 ? { states: Object.fromEntries(named) } : {};
}
