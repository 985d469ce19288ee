import { isMap, isSeq, parseDocument } from "yaml";
import type { Document, YAMLMap, YAMLSeq } from "yaml";
import { readCsv } from "./csv.ts";
import { changesOf, pointColumns, settingsOf, type Row } from "./point-rows.ts";

export interface ImportProblem {
  readonly line: number;
  readonly message: string;
}

export interface Imported {
  /** The site file with the points in it; everything else, comments too, stays as it was. */
  readonly text: string;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Devices that the file did not have. */
  readonly devices: readonly string[];
}

/** A setting of the protocol for a device that is new, as in `device.unit`. */
const deviceColumn = /^device\.([A-Za-z][A-Za-z0-9]*)$/;

export interface ImportOptions {
  /** Where devices go that the file does not have yet. Absent: they are refused. */
  readonly adapter?: string;
  /** Devices the site has, also those that templates make: they are not written out and cannot be changed row by row. */
  readonly devices: ReadonlySet<string>;
  /** Every point of the site as it would be exported, by its whole id: what a row does not change is left as it is written. */
  readonly known: ReadonlyMap<string, Row>;
}

/** Puts a spreadsheet's points into a site file. Rows that are not in it change nothing: a point is removed by hand, on purpose. */
export function importPoints(siteText: string, csvText: string, options: ImportOptions): Imported | { problems: readonly ImportProblem[] } {
  const csv = readCsv(csvText);
  if ("message" in csv) return { problems: [csv] };
  const problems: ImportProblem[] = [];
  for (const name of ["device", "id", "address"])
    if (!csv.columns.includes(name)) problems.push({ line: 1, message: `the column ${name} is missing` });
  for (const name of csv.columns) {
    if (!(pointColumns as readonly string[]).includes(name) && !deviceColumn.test(name))
      problems.push({ line: 1, message: `"${name}" is not a column; there are ${pointColumns.join(", ")}, and device.unit or the like` });
  }
  if (problems.length > 0) return { problems };
  const site = new SiteText(siteText, options);
  const counts = { added: 0, changed: 0, unchanged: 0 };
  const lines = new Map<string, number>();
  for (const { line, cells } of csv.rows) {
    const complain = (message: string) => void problems.push({ line, message });
    const row = csv.separator === ";" ? withDecimalPoints(cells) : cells;
    const id = wholeId(row["id"] ?? "", row["device"] ?? "");
    if (lines.has(id)) complain(`${id} stands in line ${lines.get(id)} already`);
    else if (!row["id"]) complain("the id is missing");
    else counts[site.put(row, id, complain)]++;
    lines.set(id, line);
  }
  if (problems.length > 0) return { problems };
  return { text: counts.added + counts.changed > 0 ? site.toString() : siteText, ...counts, devices: site.newDevices };
}

/** Where spreadsheets separate with semicolons, they write 0,1 for 0.1. */
function withDecimalPoints(cells: Row): Row {
  const numbers = ["min", "max", "gain", "offset"].map((name) => [name, (cells[name] ?? "").replace(/^(-?\d*),(\d+)$/, "$1.$2")]);
  return { ...cells, ...Object.fromEntries(numbers) };
}

class SiteText {
  readonly #document: Document;
  readonly #hasWindowsLines: boolean;
  readonly #options: ImportOptions;
  readonly newDevices: string[] = [];
  readonly #devices: Map<string, YAMLMap>;
  readonly #ids = new Map<YAMLSeq, Map<string, YAMLMap>>();

  constructor(text: string, options: ImportOptions) {
    this.#document = parseDocument(text);
    this.#hasWindowsLines = text.includes("\r\n");
    this.#options = options;
    const devices = this.#adapters().flatMap((adapter) => mapsIn(adapter.get("devices", true)));
    this.#devices = new Map(devices.map((device) => [String(device.get("id")), device]));
  }

  toString(): string {
    const text = this.#document.toString({ lineWidth: 0 });
    return this.#hasWindowsLines ? text.replaceAll("\n", "\r\n") : text;
  }

  put(row: Row, id: string, complain: (message: string) => void): "added" | "changed" | "unchanged" {
    const device = row["device"] ?? "";
    const known = this.#options.known.get(id);
    const isKnown = known !== undefined && known["device"] === device;
    const settings = isKnown ? changesOf(row, known, complain) : settingsOf(row, complain);
    this.#checkDevice(device, deviceSettings(row), complain);
    if (isKnown && Object.keys(settings).length === 0) return "unchanged";
    const points = this.#pointsOf(device, deviceSettings(row), complain);
    if (!points) return "unchanged";
    const existing = this.#idsOf(points, device).get(id);
    if (existing)
      for (const [name, value] of Object.entries(settings)) existing.set(name, this.#document.createNode(value, { flow: true }));
    // A device that is written out and has a template: naming a point of that template again refines it.
    else if (isKnown && !this.#devices.get(device)?.has("template")) complain(`${id} is made by each: in the site file; change it there`);
    else this.#add(points, device, isKnown ? { id: row["id"], ...settings } : settings);
    return isKnown ? "changed" : "added";
  }

  #add(points: YAMLSeq, device: string, settings: Readonly<Record<string, unknown>>): void {
    const made = this.#document.createNode(settings) as YAMLMap;
    made.flow = true;
    points.add(made);
    this.#idsOf(points, device).set(wholeId(String(settings["id"]), device), made);
  }

  /** What stands there already is changed there: rows of one device could say different things. */
  #checkDevice(device: string, settings: Readonly<Record<string, unknown>>, complain: (message: string) => void): void {
    const known = this.#devices.get(device);
    for (const [name, value] of Object.entries(settings))
      if (known && String(known.get(name)) !== String(value))
        complain(`device ${device} has ${name} ${String(known.get(name) ?? "not set")}; change it in the site file`);
  }

  #pointsOf(device: string, settings: Readonly<Record<string, unknown>>, complain: (message: string) => void): YAMLSeq | undefined {
    const known = this.#devices.get(device);
    if (known) return this.#pointList(known);
    if (device === "") complain("the device is missing");
    else if (this.#options.devices.has(device))
      complain(`device ${device} is made from a template; change the template, or write the device out`);
    else if (this.#options.adapter === undefined) complain(`there is no device ${device}; say --adapter to add it there`);
    else return this.#addDevice({ id: device, ...settings }, this.#options.adapter, complain);
    return undefined;
  }

  #idsOf(points: YAMLSeq, device: string): Map<string, YAMLMap> {
    let ids = this.#ids.get(points);
    if (!ids) this.#ids.set(points, (ids = new Map(mapsIn(points).map((point) => [wholeId(String(point.get("id")), device), point]))));
    return ids;
  }

  #adapters(): YAMLMap[] {
    return mapsIn(this.#document.get("adapters", true));
  }

  #pointList(device: YAMLMap): YAMLSeq {
    const points = device.get("points", true);
    if (isSeq(points)) return points as YAMLSeq;
    const made = this.#document.createNode([]) as YAMLSeq;
    device.set("points", made);
    return made;
  }

  #addDevice(settings: { id: string }, adapterId: string, complain: (message: string) => void): YAMLSeq | undefined {
    const adapter = this.#adapters().find((one) => one.get("id") === adapterId);
    if (!adapter) {
      complain(`there is no adapter ${adapterId} in the site file`);
      return undefined;
    }
    const device = this.#document.createNode(settings) as YAMLMap;
    const devices = adapter.get("devices", true);
    if (isSeq(devices)) devices.add(device);
    else adapter.set("devices", this.#document.createNode([device]));
    this.#devices.set(settings.id, device);
    this.newDevices.push(settings.id);
    return this.#pointList(device);
  }
}

function deviceSettings(row: Row): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([column, text]) => {
      const name = deviceColumn.exec(column)?.[1];
      return name === undefined || text === "" ? [] : [[name, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]];
    }),
  );
}

function mapsIn(node: unknown): YAMLMap[] {
  return isSeq(node) ? node.items.filter(isMap) : [];
}

function wholeId(id: string, device: string): string {
  return id.includes("/") ? id : `${device}/${id}`;
}
