import { Checkers } from "#msgs/schema/check.ts";
import type { Static, TSchema } from "#msgs/schema/type.ts";
import { reportUnknown, shape, unusable } from "./shape.ts";
import type { Path, SiteProblem } from "./problem.ts";
import type { SchemaNode, Shaping } from "./shape.ts";
import type { Places } from "./source.ts";

export type Group = Record<string, unknown>;

/** A value together with where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

/** One pass over a site file: reads sections in their final form and collects what is wrong with them. */
export class Reading {
  readonly root: Group;
  readonly problems: SiteProblem[] = [];
  readonly warnings: SiteProblem[] = [];
  readonly #places: Places;
  readonly #shaping: Shaping;

  constructor(root: Group, places: Places) {
    this.root = root;
    this.#places = places;
    this.#shaping = {
      report: (path, message, about) => this.problem(path, message, about),
      isReference: (owner, key) => places.isReference(owner, key),
      checkers: new Checkers(),
    };
  }

  problem(path: Path, message: string, about: "key" | "value" = "value"): void {
    this.problems.push(problemAt(this.root, this.#places, path, message, about));
  }

  warn(path: Path, message: string): void {
    this.warnings.push(problemAt(this.root, this.#places, path, message, "value"));
  }

  /** The value in its final form, or undefined when something is wrong with it (which has been reported). */
  shaped<S extends TSchema>(schema: S, value: unknown, path: Path): Static<S> | undefined {
    const made = shape(schema, value, path, this.#shaping);
    return made === unusable ? undefined : made;
  }

  section<S extends TSchema>(key: string, schema: S): Static<S> | undefined {
    const written = this.root[key];
    const node = schema as unknown as SchemaNode;
    if (written === undefined || written === null) {
      if (node.default === undefined) return undefined;
      return this.shaped(schema, structuredClone(node.default), [key]);
    }
    return this.shaped(schema, written, [key]);
  }

  /** A list item by item, so that one bad item does not hide what is wrong with others. */
  items<S extends TSchema>(key: string, schema: S): Placed<Static<S>>[] {
    return this.list(this.root[key], [key]).flatMap(({ value, path }) => {
      const made = this.shaped(schema, value, path);
      return made === undefined ? [] : [{ value: made, path }];
    });
  }

  list(written: unknown, path: Path): Placed<unknown>[] {
    if (written === undefined || written === null) return [];
    if (Array.isArray(written)) return written.map((value, index) => ({ value, path: [...path, index] }));
    this.problem(path, "must be a list: lines that begin with -");
    return [];
  }

  /**
   * Splits a group into our own settings and those of a protocol. Keys that neither knows are reported against both, so
   * that the suggestion is the right one.
   */
  split(written: Group, own: readonly string[], theirs: TSchema | undefined, path: Path): { own: Group; rest: Group } {
    const known = theirs && knownKeys(theirs as unknown as SchemaNode);
    const parts: { own: Group; rest: Group } = { own: {}, rest: {} };
    for (const [key, value] of Object.entries(written)) {
      if (own.includes(key)) parts.own[key] = value;
      else if (!theirs) continue;
      else if (!known || known.includes(key)) parts.rest[key] = value;
      else reportUnknown(key, [...own, ...known], path, this.#shaping.report);
    }
    this.#places.inherit(parts.own, written);
    this.#places.inherit(parts.rest, written);
    return parts;
  }

  /** A copy with some keys left out still knows where the others stand. */
  sameMarks(copy: Group, original: Group): Group {
    this.#places.inherit(copy, original);
    return copy;
  }

  /** Reports the second and further use of an id. */
  unique(entries: readonly Placed<{ readonly id: string }>[], what: string): void {
    const seen = new Set<string>();
    for (const { value, path } of entries) {
      if (seen.has(value.id)) this.problem([...path, "id"], `there is already ${what} "${value.id}"; every id is used once`);
      seen.add(value.id);
    }
  }
}

export function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All settings a schema knows, or undefined when it takes any. */
function knownKeys(node: SchemaNode): readonly string[] | undefined {
  if (node.patternProperties || node.additionalProperties === true) return undefined;
  const keys = new Set(Object.keys(node.properties ?? {}));
  for (const part of [...(node.anyOf ?? []), ...(node.allOf ?? [])]) {
    const inner = knownKeys(part);
    if (!inner) return undefined;
    for (const key of inner) keys.add(key);
  }
  return [...keys];
}

export function problemAt(root: unknown, places: Places, path: Path, message: string, about: "key" | "value"): SiteProblem {
  return { ...places.of(root, path, about), where: labelOf(root, path), message };
}

/** A path as people write it, list items by their id, or their name where they have no id (interlocks, users). */
export function labelOf(root: unknown, path: Path): string {
  let label = "";
  let value = root;
  for (const step of path) {
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
    if (typeof step === "number") label += `[${nameOf(value) ?? step + 1}]`;
    else label += label === "" ? step : `.${step}`;
  }
  return label;
}

function nameOf(item: unknown): string | undefined {
  if (!isGroup(item)) return undefined;
  return [item["id"], item["name"]].find((name) => typeof name === "string");
}
