import { isDeepStrictEqual } from "node:util";
import type { Point } from "#msgs/point.ts";
import { formatDuration, milliseconds } from "./duration.ts";

/** The columns of a list of points, in the order they are written; `device`, `id` and `address` must be there when reading. */
export const pointColumns = [
  "device",
  "id",
  "address",
  "kind",
  "unit",
  "title",
  "area",
  "min",
  "max",
  "gain",
  "offset",
  "poll",
  "staleAfter",
  "states",
  "tags",
  "writable",
] as const;

export type Row = Readonly<Record<string, string>>;

/** The columns behind a setting that has not one of the same name. */
const columnsOf: Readonly<Record<string, readonly string[]>> = { range: ["min", "max"], scale: ["gain", "offset"], control: ["writable"] };

/** A point as a row of a spreadsheet. */
export function rowOf(point: Point, deviceArea: string | undefined): Row {
  const { binding, range } = point;
  const own = point.id.startsWith(`${point.device}/`) ? point.id.slice(point.device.length + 1) : point.id;
  return {
    device: point.device,
    id: own.includes("/") ? point.id : own,
    address: binding.address,
    kind: point.kind,
    unit: point.unit ?? "",
    title: point.title ?? "",
    area: point.area === (deviceArea ?? "site") ? "" : point.area,
    min: range === undefined ? "" : String(range.min),
    max: range === undefined ? "" : String(range.max),
    gain: binding.scale === undefined ? "" : String(binding.scale.gain),
    offset: binding.scale === undefined ? "" : String(binding.scale.offset),
    poll: binding.pollMs === undefined ? "" : binding.pollMs === 0 ? "never" : formatDuration(binding.pollMs),
    staleAfter: point.staleAfterMs === undefined ? "" : formatDuration(point.staleAfterMs),
    states: pairsText(point.states),
    tags: pairsText(point.tags),
    writable: point.control ? "yes" : "",
  };
}

/** The settings a row gives a point in the site file; an empty cell says nothing. */
export function settingsOf(row: Row, complain: (message: string) => void): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const name of ["id", "address", "kind", "unit", "title", "area", "poll", "staleAfter"]) {
    if (row[name]) settings[name] = row[name];
  }
  const pair = (first: string, second: string) => [numberOf(row, first, complain), numberOf(row, second, complain)] as const;
  const [min, max] = pair("min", "max");
  if (min !== undefined && max !== undefined) settings["range"] = { min, max };
  else if (min !== undefined || max !== undefined) complain("min and max go together");
  const [gain, offset] = pair("gain", "offset");
  if (gain !== undefined || offset !== undefined) settings["scale"] = { gain: gain ?? 1, offset: offset ?? 0 };
  for (const name of ["states", "tags"]) {
    if (row[name]) settings[name] = pairsOf(row[name], (message) => complain(`${name}: ${message}`));
  }
  const writable = isWritable(row);
  if (writable === undefined) complain(`writable must be yes, no or empty, not "${row["writable"]}"`);
  if (writable) settings["control"] = {};
  return settings;
}

/** The settings in which a row says something else than `known`, which is how the point would be exported. */
export function changesOf(row: Row, known: Row, complain: (message: string) => void): Record<string, unknown> {
  if (known["writable"] === "yes" && row["writable"] && isWritable(row) === false)
    complain("control is taken off a point in the site file, by hand");
  // Half of a range or a scale that nothing is said of is as it was, like every empty cell.
  const halves = ["min", "max", "gain", "offset"].map((column) => [column, row[column] || (known[column] ?? "")]);
  const says = Object.entries(settingsOf({ ...row, ...Object.fromEntries(halves) }, complain));
  return Object.fromEntries(
    says.filter(([name]) => name !== "id" && (columnsOf[name] ?? [name]).some((column) => row[column] && !isSame(row, known, column))),
  );
}

/** A spreadsheet writes the same thing in its own way: 0.10, 60s for 1m, TRUE, another line end. */
function isSame(row: Row, known: Row, column: string): boolean {
  const [now = "", before = ""] = [row[column], known[column]];
  if (now === before.trim()) return true;
  if (column === "writable") return isWritable(row) === isWritable(known);
  if (column === "poll" || column === "staleAfter") return before !== "" && milliseconds(now) === milliseconds(before);
  if (column === "states" || column === "tags")
    return isDeepStrictEqual(
      pairsOf(now, () => undefined),
      pairsOf(before, () => undefined),
    );
  const isNumber = ["min", "max", "gain", "offset"].includes(column);
  return isNumber && before !== "" && Number(now) === Number(before);
}

function isWritable(row: Row): boolean | undefined {
  const cell = row["writable"] ?? "";
  return /^(yes|true|1|rw)$/i.test(cell) ? true : /^(no|false|0|r|)$/i.test(cell) ? false : undefined;
}

function numberOf(row: Row, name: string, complain: (message: string) => void): number | undefined {
  const text = row[name] ?? "";
  if (text === "") return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  complain(`${name} must be a number, not "${text}"`);
  return undefined;
}

function pairsText(pairs: Readonly<Record<string | number, string>> | undefined): string {
  return Object.entries(pairs ?? {})
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join(";");
}

/** What separates pairs, and name from value, may stand in either, after a backslash. */
function escaped(text: string): string {
  return text.replace(/[\\;=]/g, "\\$&");
}

/** The parts between separators; what stands after a backslash separates nothing. */
function partsOf(text: string, separator: ";" | "="): readonly string[] {
  const parts = [""];
  for (const [sign] of text.matchAll(/\\[^]|[^]/g))
    if (sign === separator) parts.push("");
    else parts[parts.length - 1] += sign;
  return parts;
}

function plain(text: string): string {
  return text.trim().replace(/\\([^])/g, "$1");
}

function pairsOf(text: string, complain: (message: string) => void): Record<string, string> {
  return Object.fromEntries(
    partsOf(text, ";").flatMap((part) => {
      const [name = "", ...value] = partsOf(part, "=");
      if (name !== "" && value.length > 0) return [[plain(name), plain(value.join("="))]];
      complain(`"${part}" must be written name=value, with ; between; a ; or = within one is written \\; or \\=`);
      return [];
    }),
  );
}
