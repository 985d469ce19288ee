import { isDeepStrictEqual } from "node:util";
import { isMap, isSeq, parseDocument } from "yaml";
import type { Document, YAMLMap, YAMLSeq } from "yaml";
import { readCsv } from "./csv.ts";
import { pointColumns, settingsOf } from "./point-rows.ts";

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
}

export interface ImportOptions {
  /** Where devices go that the file does not have yet. Absent: they are refused. */
  readonly adapter?: string;
  /** Devices that templates make: they are not written out and cannot be changed row by row. */
  readonly templated: ReadonlySet<string>;
}

/** Puts a spreadsheet's points into a site file. Rows that are not in it change nothing: a point is removed by hand, on purpose. */
export function importPoints(siteText: string, csvText: string, options: ImportOptions): Imported | { problems: readonly ImportProblem[] } {
  const csv = readCsv(csvText);
  if ("message" in csv) return { problems: [csv] };
  const problems: ImportProblem[] = [];
  for (const name of ["device", "id", "address"])
    if (!csv.columns.includes(name)) problems.push({ line: 1, message: `the column ${name} is missing` });
  for (const name of csv.columns) {
    if (!(pointColumns as readonly string[]).includes(name))
      problems.push({ line: 1, message: `"${name}" is not a column; there are ${pointColumns.join(", ")}` });
  }
  if (problems.length > 0) return { problems };
  const site = new SiteText(siteText, options);
  const counts = { added: 0, changed: 0, unchanged: 0 };
  for (const { line, cells } of csv.rows) {
    const complain = (message: string) => void problems.push({ line, message });
    const settings = settingsOf(cells, complain);
    const points = site.pointsOf(cells["device"] ?? "", complain);
    if (points) counts[site.put(points, cells["device"] ?? "", settings)]++;
  }
  return problems.length > 0 ? { problems } : { text: site.toString(), ...counts };
}

class SiteText {
  readonly #document: Document;
  readonly #options: ImportOptions;
  readonly #points = new Map<string, YAMLSeq>();
  readonly #ids = new Map<YAMLSeq, Map<string, YAMLMap>>();

  constructor(text: string, options: ImportOptions) {
    this.#document = parseDocument(text);
    this.#options = options;
    for (const device of this.#adapters().flatMap((adapter) => mapsIn(adapter.get("devices", true)))) {
      this.#points.set(String(device.get("id")), this.#pointList(device));
    }
  }

  toString(): string {
    return this.#document.toString({ lineWidth: 0 });
  }

  pointsOf(device: string, complain: (message: string) => void): YAMLSeq | undefined {
    const known = this.#points.get(device);
    if (known) return known;
    if (device === "") complain("the device is missing");
    else if (this.#options.templated.has(device))
      complain(`device ${device} is made from a template; change the template, or write the device out`);
    else if (this.#options.adapter === undefined) complain(`there is no device ${device}; say --adapter to add it there`);
    else return this.#addDevice(device, this.#options.adapter, complain);
    return undefined;
  }

  put(points: YAMLSeq, device: string, settings: Readonly<Record<string, unknown>>): "added" | "changed" | "unchanged" {
    const id = wholeId(String(settings["id"]), device);
    const existing = this.#idsOf(points, device).get(id);
    if (!existing) {
      const made = this.#document.createNode(settings) as YAMLMap;
      made.flow = true;
      points.add(made);
      this.#idsOf(points, device).set(id, made);
      return "added";
    }
    const before = existing.toJS(this.#document) as Record<string, unknown>;
    const differs = Object.entries(settings).filter(([name, value]) => name !== "id" && !isSame(before[name], value, name));
    for (const [name, value] of differs) existing.set(name, this.#document.createNode(value, { flow: true }));
    return differs.length > 0 ? "changed" : "unchanged";
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

  #addDevice(id: string, adapterId: string, complain: (message: string) => void): YAMLSeq | undefined {
    const adapter = this.#adapters().find((one) => one.get("id") === adapterId);
    if (!adapter) {
      complain(`there is no adapter ${adapterId} in the site file`);
      return undefined;
    }
    const device = this.#document.createNode({ id }) as YAMLMap;
    const devices = adapter.get("devices", true);
    if (isSeq(devices)) devices.add(device);
    else adapter.set("devices", this.#document.createNode([device]));
    const points = this.#pointList(device);
    this.#points.set(id, points);
    return points;
  }
}

function mapsIn(node: unknown): YAMLMap[] {
  return isSeq(node) ? node.items.filter(isMap) : [];
}

function wholeId(id: string, device: string): string {
  return id.includes("/") ? id : `${device}/${id}`;
}

/** A spreadsheet knows only text (`address` 7 is "7"), and a written-out control says more than "writable". */
function isSame(before: unknown, now: unknown, name: string): boolean {
  if (name === "control") return before !== undefined;
  if (name === "kind" && before === undefined) return now === "number";
  if (name === "address") return String(before) === String(now);
  return isDeepStrictEqual(normal(before), normal(now));
}

function normal(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item as unknown]));
}
