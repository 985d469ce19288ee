import type { Found, Imported } from "#src/contract/adapter.ts";
import { formatObject } from "../address.ts";
import type { ObjectId } from "../wire/value.ts";
import { kindOf } from "./details.ts";
import { Names, slug } from "./naming.ts";
import { parseTable } from "./table.ts";
import { ucumOf } from "./units.ts";

export interface EdeFiles {
  /** The list of data points. */
  readonly points: string;
  /** State texts by reference number, the second file of the standard. */
  readonly stateTexts?: string;
}

/** Columns of an EDE list, by what their headings begin with; headings differ between tools, their order does not. */
const columns = [
  "keyname",
  "device",
  "name",
  "type",
  "instance",
  "description",
  "default",
  "min",
  "max",
  "commandable",
  "cov",
  "highLimit",
  "lowLimit",
  "stateText",
  "unit",
  "address",
  "notificationClass",
] as const;
type Column = (typeof columns)[number];

/** Reads an EDE list (Engineering Data Exchange, as BIG-EU describes it): planning data, so nothing is dialled. */
export function importEde(files: EdeFiles): Imported {
  const problems: { line: number; message: string }[] = [];
  const texts = files.stateTexts === undefined ? new Map<number, string[]>() : readStateTexts(files.stateTexts);
  const rows = parseTable(files.points);
  const head = headOf(rows);
  if (head < 0) return { found: [], problems: [{ line: 1, message: "this is no EDE list: the row that begins with keyname is missing" }] };
  const devices = new Map<number, { device: Found["device"]; names: Names }>();
  const names = new Names();
  const found: Found[] = [];
  rows.slice(head + 1).forEach((row, i) => {
    if ((row[0] ?? "").startsWith("#")) return;
    const cell = (column: Column) => (row[columns.indexOf(column)] ?? "").trim();
    const [instance, type, number] = [integer(cell("device")), integer(cell("type")), integer(cell("instance"))];
    if (
      instance === undefined ||
      type === undefined ||
      number === undefined ||
      instance > 4_194_302 ||
      type > 1_023 ||
      number > 4_194_302
    ) {
      problems.push({ line: head + i + 2, message: "device, object type and object instance must be numbers" });
      return;
    }
    const known = devices.get(instance);
    const device = known ?? { device: { id: names.take(`bacnet-${instance}`), options: { instance } }, names: new Names() };
    devices.set(instance, device);
    if (!known) found.push({ device: device.device });
    const point = pointOf({ type, instance: number }, cell, texts, device.names);
    if (point) found.push({ device: device.device, point });
  });
  return { found, problems };
}

/** Whether this is an EDE list: its heading begins with the key name, in whatever spelling the tool has. */
export function isEde(text: string): boolean {
  return headOf(parseTable(text)) >= 0;
}

function headOf(rows: readonly (readonly string[])[]): number {
  return rows.findIndex((row) => /^#?\s*key ?name/i.test(row[0] ?? ""));
}

function pointOf(
  object: ObjectId,
  cell: (column: Column) => string,
  texts: ReadonlyMap<number, string[]>,
  names: Names,
): Found["point"] | undefined {
  const kind = kindOf(object);
  if (kind === undefined) return undefined;
  const unit = integer(cell("unit"));
  const ucum = unit === undefined ? undefined : ucumOf(unit);
  const [min, max] = [decimal(cell("min")), decimal(cell("max"))];
  const list = texts.get(integer(cell("stateText")) ?? -1);
  const first = kind === "boolean" ? 0 : 1;
  const title = cell("description") || cell("name");
  return {
    id: names.take(slug(cell("name") || cell("keyname"), formatObject(object).replace(":", "-"))),
    address: formatObject(object),
    kind,
    writable: /^(y|1|true|c)/i.test(cell("commandable")),
    ...(title !== "" && { title }),
    ...(kind === "number" && ucum !== undefined && { unit: ucum }),
    ...(list && (kind === "state" || kind === "boolean") && { states: Object.fromEntries(list.map((text, i) => [i + first, text])) }),
    ...(min !== undefined && max !== undefined && min < max && { range: { min, max } }),
  };
}

function readStateTexts(text: string): Map<number, string[]> {
  const texts = new Map<number, string[]>();
  for (const [reference = "", ...states] of parseTable(text)) {
    const number = integer(reference);
    if (number !== undefined)
      texts.set(
        number,
        states.map((state) => state.trim()).filter((state) => state !== ""),
      );
  }
  return texts;
}

function integer(text: string): number | undefined {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

/** Planning tools write decimals with a comma where their country does. */
function decimal(text: string): number | undefined {
  const number = Number(text.replace(",", "."));
  return text === "" || !Number.isFinite(number) ? undefined : number;
}
