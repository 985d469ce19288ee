import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Node, Pair } from "yaml";
import type { Path, SiteProblem } from "./problem.ts";

/** A site file as plain values, with the place of every key and value remembered beside them. */
export interface Source {
  readonly root: unknown;
  readonly places: Places;
  readonly problems: readonly SiteProblem[];
}

/** Bounds on a file that somebody else wrote: aliases can make a small text mean a huge one. */
const maxNodes = 5_000_000;
const maxDepth = 64;
const maxBytes = 64_000_000;

export function readSource(text: string): Source {
  const lines = new LineCounter();
  const places = new Places(lines);
  if (text.length > maxBytes) {
    return { root: undefined, places, problems: [{ line: 1, column: 1, where: "", message: `is larger than ${maxBytes} characters` }] };
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const problems = syntaxProblems(text, lines, document.errors);
  const plain = new PlainValues(document, places, problems);
  const root = document.contents === null ? undefined : plain.of(document.contents as Node, 0);
  return { root, places, problems };
}

/** Offsets of a key and its value (negative when nothing is written there), and whether the value came from outside. */
type Mark = readonly [key: number, value: number, referenced?: boolean];
type Marks = Map<string | number, Mark>;

/**
 * Where things stand in the text. Copies made by templates keep the marks of what they were copied from: the very same ones until
 * one of them is marked differently, since a template's point may be copied a hundred thousand times.
 */
export class Places {
  readonly #lines: LineCounter;
  /** No WeakMap: this lives as long as the reading of one file does, and the collector has hard work with those. */
  readonly #marks = new Map<object, Marks>();
  readonly #shared = new Set<Marks>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  mark(owner: object, key: string | number, keyOffset: number, valueOffset: number): void {
    this.#set(owner, key, [keyOffset, valueOffset]);
  }

  #set(owner: object, key: string | number, mark: Mark): void {
    let marks = this.#marks.get(owner);
    if (!marks || this.#shared.has(marks)) this.#marks.set(owner, (marks = new Map(marks)));
    marks.set(key, mark);
  }

  /** `copy` has the keys of `original` and stands where it stood; a later call for the same copy wins key by key. */
  inherit(copy: object, original: object): void {
    const from = this.#marks.get(original);
    if (!from) return;
    const own = this.#marks.get(copy);
    if (own) return void this.#marks.set(copy, new Map([...own, ...from]));
    this.#shared.add(from);
    this.#marks.set(copy, from);
  }

  /** One item of a list now stands where another item stood. */
  inheritItem(copy: object, index: number, original: object, originalIndex: number): void {
    const mark = this.#marks.get(original)?.get(originalIndex);
    if (mark) this.#set(copy, index, mark);
  }

  /** The value under this key came from the environment or a file, where everything is text. */
  markReference(owner: object, key: string | number): void {
    const [at, value] = this.#marks.get(owner)?.get(key) ?? [0, -1];
    this.#set(owner, key, [at, value, true]);
  }

  isReference(owner: object, key: string | number): boolean {
    return this.#marks.get(owner)?.get(key)?.[2] ?? false;
  }

  /** The place of a path; of the nearest thing around it when it is not written at all. */
  of(root: unknown, path: Path, about: "key" | "value"): { line: number; column: number } {
    let offset = 0;
    let value = root;
    for (const step of path) {
      if (typeof value !== "object" || value === null) break;
      const mark = this.#marks.get(value)?.get(step);
      if (mark) offset = about === "key" || mark[1] < 0 ? mark[0] : mark[1];
      // A missing key is shown at the key of what lacks it.
      else about = "key";
      value = (value as Record<string | number, unknown>)[step];
    }
    return this.at(offset);
  }

  /** The place of one thing inside its owner, when no path leads there. */
  ofItem(owner: object, key: string | number): { line: number; column: number } {
    const [at, value] = this.#marks.get(owner)?.get(key) ?? [0, -1];
    return this.at(value < 0 ? at : value);
  }

  at(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** Turns YAML nodes into plain values; aliases share what they point at. */
class PlainValues {
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #places: Places;
  readonly #problems: SiteProblem[];
  readonly #done = new Map<Node, unknown>();
  #nodes = 0;

  constructor(document: ReturnType<typeof parseDocument>, places: Places, problems: SiteProblem[]) {
    this.#document = document;
    this.#places = places;
    this.#problems = problems;
  }

  of(node: Node, depth: number): unknown {
    if (++this.#nodes > maxNodes || depth > maxDepth) return this.#refuse(node, "is nested too deeply or too large");
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (!target) return undefined;
      return this.#done.has(target) ? this.#done.get(target) : this.#refuse(node, "refers to something that contains it");
    }
    const value = isMap(node)
      ? this.#map(node.items as Pair[], depth)
      : isSeq(node)
        ? this.#list(node.items as Node[], depth)
        : scalarOf(node);
    this.#done.set(node, value);
    return value;
  }

  #map(items: readonly Pair[], depth: number): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    for (const item of items) {
      const keyNode = item.key as Node;
      const key = String(scalarOf(keyNode));
      if (key === "__proto__" || key === "<<") {
        this.#refuse(keyNode, key === "<<" ? "merge keys are not read here; write a template instead" : "is not a usable key");
        continue;
      }
      const valueNode = item.value as Node | null;
      made[key] = valueNode === null ? null : this.of(valueNode, depth + 1);
      this.#places.mark(made, key, offsetOf(keyNode), valueNode === null ? -1 : offsetOf(valueNode));
    }
    return made;
  }

  #list(items: readonly Node[], depth: number): unknown[] {
    return items.reduce<unknown[]>((made, item, index) => {
      made.push(this.of(item, depth + 1));
      this.#places.mark(made, index, offsetOf(item), offsetOf(item));
      return made;
    }, []);
  }

  #refuse(node: Node, message: string): undefined {
    if (this.#problems.length < 100) {
      this.#problems.push({ ...this.#places.at(offsetOf(node)), where: "", message });
    }
    return undefined;
  }
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function scalarOf(node: Node): unknown {
  return isScalar(node) ? node.value : undefined;
}

/** After the first mistake a parser stumbles over what is well written: what it says later says nothing new. */
const syntaxProblemsAtMost = 3;

function syntaxProblems(text: string, lines: LineCounter, errors: readonly { message: string; pos: [number, number] }[]): SiteProblem[] {
  const bare = errors.length > 0 ? bareReference(text, errors[0]!.pos[0]) : undefined;
  if (bare) {
    const { line, col } = lines.linePos(bare.at);
    return [{ line, column: col, where: "", message: `a reference inside { } or [ ] stands in quotes: "${bare.written}"` }];
  }
  return errors.slice(0, syntaxProblemsAtMost).map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { line, column: col, where: "", message: `is not readable as YAML here: ${error.message.replace(/\.$/, "")}` };
  });
}

/** `{ port: ${PORT} }`: YAML takes the reference's own brace for a group. */
function bareReference(text: string, errorAt: number): { at: number; written: string } | undefined {
  const lineAt = text.lastIndexOf("\n", errorAt - 1) + 1;
  const found = /^[^#]*?[{[,:]\s*(\$\{[^}\n]*\})/.exec(text.slice(lineAt).split("\n", 1)[0]!);
  if (!found?.[1] || !/[{[]/.test(found[0].slice(0, -found[1].length))) return undefined;
  return { at: lineAt + found[0].length - found[1].length, written: found[1] };
}
