import { nearest } from "./nearest.ts";
import { fill, isParameter, maxUnits, scopesOf } from "./placeholder.ts";
import type { Scope } from "./placeholder.ts";
import type { Path } from "./problem.ts";
import type { Places } from "./source.ts";

type Group = Record<string, unknown>;

/** Like any report; what stands in a template's body has no path of its own and names its owner instead. */
type Report = (path: Path, message: string, item?: { owner: object; key: string | number }) => void;

/** Devices and points at most, so that two nested ranges cannot fill the memory. */
const maxMade = 1_000_000;

/**
 * Writes out every template: `template:` is merged under what the entry itself says, `each:` makes one entry per unit, and
 * `{n}` is filled in. What comes out looks as if somebody had typed it, and every part of it still knows its line.
 */
export function expandTemplates(root: unknown, places: Places, report: Report): unknown {
  if (!isGroup(root) || !Array.isArray(root["adapters"])) return root;
  const expansion = new Expansion(root, places, report);
  const copy: Group = { ...root };
  places.inherit(copy, root);
  copy["adapters"] = expansion.mapped(root["adapters"], (adapter, index) => expansion.adapter(adapter, ["adapters", index]));
  return copy;
}

class Expansion {
  readonly #root: Group;
  readonly #places: Places;
  readonly #report: Report;
  #made = 0;

  constructor(root: Group, places: Places, report: Report) {
    this.#root = root;
    this.#places = places;
    this.#report = report;
  }

  mapped(list: readonly unknown[], each: (item: unknown, index: number) => unknown): unknown[] {
    const copy = list.map(each);
    this.#places.inherit(copy, list);
    return copy;
  }

  adapter(adapter: unknown, path: Path): unknown {
    if (!isGroup(adapter) || !Array.isArray(adapter["devices"])) return adapter;
    const copy: Group = { ...adapter };
    this.#places.inherit(copy, adapter);
    copy["devices"] = this.#list(adapter["devices"], [...path, "devices"], (device, at) => this.#devices(device, at));
    return copy;
  }

  /** A list in which each item may become several; every one stands where the item stood. */
  #list(list: readonly unknown[], path: Path, expand: (item: unknown, path: Path) => readonly unknown[]): unknown[] {
    const made: unknown[] = [];
    list.forEach((item, index) => {
      for (const one of expand(item, [...path, index])) {
        this.#places.inheritItem(made, made.length, list, index);
        made.push(one);
      }
    });
    return made;
  }

  #devices(device: unknown, path: Path): readonly unknown[] {
    if (!isGroup(device)) return [device];
    return this.#units(device, "devices", {}, path).flatMap(({ entry, scope, templated }) => {
      const id = typeof entry["id"] === "string" ? entry["id"] : "";
      const inner: Scope = { ...scope, device: id };
      const { points } = entry;
      if (!Array.isArray(points)) return [entry];
      const copy = { ...entry };
      this.#places.inherit(copy, entry);
      copy["points"] = this.#list(points, [...path, "points"], (point, at) => this.#points(point, inner, templated, at));
      return [copy];
    });
  }

  #points(point: unknown, scope: Scope, templated: boolean, path: Path): readonly unknown[] {
    if (!isGroup(point)) return [point];
    const own = "template" in point || "each" in point || "with" in point;
    if (!own) return [templated ? this.#filled(point, scope, path) : point];
    return this.#units(point, "points", scope, path).map((unit) => unit.entry);
  }

  /** One entry for each unit that `each` asks for, template merged and placeholders filled (but for a device's points). */
  #units(written: Group, kind: "devices" | "points", outer: Scope, path: Path): { entry: Group; scope: Scope; templated: boolean }[] {
    const templated = "template" in written || "each" in written || "with" in written;
    if (!templated) return [{ entry: written, scope: outer, templated }];
    const template = this.#template(written["template"], kind, path);
    const { template: _t, each, with: given, ...own } = written;
    this.#places.inherit(own, written);
    const scopes = each === undefined ? [{}] : scopesOf(each, (message) => this.#report([...path, "each"], message));
    const units: { entry: Group; scope: Scope; templated: boolean }[] = [];
    for (const unit of scopes) {
      if (++this.#made > maxMade) {
        this.#report(path, `makes more than ${maxMade} devices and points in all (${maxUnits} for one entry)`);
        break;
      }
      const scope = this.#scope(outer, unit, given, template?.["parameters"], path);
      if (!scope) break;
      const { points, ...rest } = this.#merged(template, own);
      const entry = this.#filled(this.#inherited(rest, template, own), scope, path) as Group;
      if (points !== undefined) entry["points"] = points;
      this.#places.inherit(entry, this.#inherited({}, template, own));
      units.push({ entry, scope, templated });
    }
    return units;
  }

  #template(name: unknown, kind: "devices" | "points", path: Path): Group | undefined {
    if (name === undefined) return undefined;
    const templates = this.#root["templates"];
    const known = isGroup(templates) && isGroup(templates[kind]) ? templates[kind] : {};
    const found = typeof name === "string" && Object.hasOwn(known, name) ? known[name] : undefined;
    if (isGroup(found)) return found;
    const meant = nearest(String(name), Object.keys(known));
    const hint = meant === undefined ? `templates.${kind} has ${Object.keys(known).join(", ") || "none"}` : `did you mean "${meant}"?`;
    this.#report([...path, "template"], `there is no template "${String(name)}" for ${kind}; ${hint}`);
    return undefined;
  }

  /** Undefined when the template needs a parameter that nobody gives: filling in the rest would only make more of one mistake. */
  #scope(outer: Scope, unit: Scope, given: unknown, defaults: unknown, path: Path): Scope | undefined {
    const scope: Record<string, string | number | boolean> = { ...outer, ...unit };
    for (const [name, value] of Object.entries(isGroup(given) ? given : {})) {
      const filled = typeof value === "string" ? fill(value, scope, (message) => this.#report([...path, "with", name], message)) : value;
      if (isParameter(filled)) scope[name] = filled;
      else this.#report([...path, "with", name], "must be a plain value");
    }
    for (const [name, value] of Object.entries(isGroup(defaults) ? defaults : {})) {
      if (name in unit || (isGroup(given) && name in given)) continue;
      if (isParameter(value)) scope[name] = value;
      else if (!(name in scope)) {
        this.#report([...path, "template"], `this template needs "${name}"; add with: { ${name}: … }`);
        return undefined;
      }
    }
    return scope;
  }

  /** What the entry itself says wins, setting by setting; its points are added, and those with a template's point id refine that one. */
  #merged(template: Group | undefined, own: Group): Group {
    if (!template) return own;
    const { parameters: _, ...body } = template;
    const merged = { ...body, ...own };
    if (!Array.isArray(body["points"]) || !Array.isArray(own["points"])) return merged;
    const points: unknown[] = [];
    for (const list of [body["points"], own["points"]] as const) {
      list.forEach((point, index) => {
        const earlier = isGroup(point) ? points.findIndex((other) => isGroup(other) && other["id"] === point["id"]) : -1;
        const at = earlier < 0 ? points.length : earlier;
        points[at] =
          earlier < 0
            ? point
            : this.#inherited({ ...(points[earlier] as Group), ...(point as Group) }, points[earlier] as Group, point as Group);
        this.#places.inheritItem(points, at, list, index);
      });
    }
    merged["points"] = points;
    return merged;
  }

  #inherited(copy: Group, first: object | undefined, second: object): Group {
    if (first) this.#places.inherit(copy, first);
    this.#places.inherit(copy, second);
    return copy;
  }

  #filled(value: unknown, scope: Scope, path: Path): unknown {
    if (typeof value !== "object" || value === null) return value;
    const copy: Record<string | number, unknown> | unknown[] = Array.isArray(value) ? [] : {};
    this.#places.inherit(copy, value);
    for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      (copy as Record<string | number, unknown>)[key] =
        typeof item === "string"
          ? fill(item, scope, (message) => this.#report([...path, key], message, { owner: value, key }))
          : this.#filled(item, scope, [...path, key]);
    }
    return copy;
  }
}

function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
