import { plainDemand, unreadable, type Node, type Demand } from "./demand.ts";

/** Keywords about a value as it stands: its type, its size, its text, which of a few it is. In the order they are told. */
export function plainDemands(node: Node): {
  readonly type: Demand | undefined;
  readonly text: Demand[];
  readonly number: Demand[];
  readonly choice: Demand[];
} {
  return {
    type: node["type"] === undefined ? undefined : typeDemand(node["type"]),
    text: [...lengthDemands(node), ...patternDemand(node)],
    number: boundDemands(node),
    choice: [...constDemand(node), ...enumDemand(node)],
  };
}

const types: ReadonlyMap<unknown, Demand["fits"]> = new Map<unknown, Demand["fits"]>([
  ["object", isGroup],
  ["array", Array.isArray],
  ["string", (value) => typeof value === "string"],
  ["number", Number.isFinite],
  ["integer", Number.isInteger],
  ["boolean", (value) => typeof value === "boolean"],
  ["null", (value) => value === null],
]);

/** Whether a value is of a type of JSON Schema. NaN and infinities are no numbers. */
export function isOfType(value: unknown, type: string): boolean {
  return fitsOf(type)(value);
}

function fitsOf(type: unknown): Demand["fits"] {
  const fits = types.get(type);
  if (!fits) throw unreadable("type", `one of ${[...types.keys()].join(", ")}`);
  return fits;
}

/** Something with keys: no list and not nothing. */
export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeDemand(type: unknown): Demand {
  return plainDemand("type", { type }, `must be ${String(type)}`, fitsOf(type));
}

function boundDemands(node: Node): Demand[] {
  return [
    bound(node, "exclusiveMinimum", ">", (value, limit) => value > limit),
    bound(node, "exclusiveMaximum", "<", (value, limit) => value < limit),
    bound(node, "minimum", ">=", (value, limit) => value >= limit),
    bound(node, "maximum", "<=", (value, limit) => value <= limit),
  ].flat();
}

function bound(node: Node, keyword: string, comparison: string, holds: (value: number | bigint, limit: number) => boolean): Demand[] {
  const limit = node[keyword];
  if (limit === undefined) return [];
  if (typeof limit !== "number" || !Number.isFinite(limit)) throw unreadable(keyword, "a number");
  const fits = (value: unknown) =>
    typeof value === "number" ? !Number.isFinite(value) || holds(value, limit) : typeof value !== "bigint" || holds(value, limit);
  return [plainDemand(keyword, { comparison, limit }, `must be ${comparison} ${limit}`, fits)];
}

function lengthDemands(node: Node): Demand[] {
  const shortest = countOf(node, "minLength");
  const longest = countOf(node, "maxLength");
  const demands: Demand[] = [];
  if (shortest !== undefined) {
    const message = `must not have fewer than ${shortest} characters`;
    demands.push(plainDemand("minLength", { limit: shortest }, message, (value) => typeof value !== "string" || isLong(value, shortest)));
  }
  if (longest !== undefined) {
    const message = `must not have more than ${longest} characters`;
    demands.push(
      plainDemand("maxLength", { limit: longest }, message, (value) => typeof value !== "string" || !isLong(value, longest + 1)),
    );
  }
  return demands;
}

/** Whether a text has at least so many characters: code points, of which each takes one or two units. */
function isLong(text: string, count: number): boolean {
  if (text.length < count) return false;
  if (text.length >= 2 * count) return true;
  let counted = 0;
  for (const _ of text) if (++counted >= count) return true;
  return count === 0;
}

/** A count such as `maxItems`, or undefined. */
export function countOf(node: Node, keyword: string): number | undefined {
  const count = node[keyword];
  if (count === undefined) return undefined;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) throw unreadable(keyword, "a count");
  return count;
}

function patternDemand(node: Node): Demand[] {
  const { pattern } = node;
  if (pattern === undefined) return [];
  if (typeof pattern !== "string") throw unreadable("pattern", "text");
  const matches = regular(pattern);
  const fits = (value: unknown) => typeof value !== "string" || matches.test(value);
  return [plainDemand("pattern", { pattern }, `must match pattern "${pattern}"`, fits)];
}

/** The patterns of schemas know Unicode: a dot is a whole character. */
export function regular(pattern: string): RegExp {
  return new RegExp(pattern, "u");
}

function constDemand(node: Node): Demand[] {
  if (!Object.hasOwn(node, "const")) return [];
  const { const: only } = node;
  if (!isPlain(only)) throw unreadable("const", "text, a number, a truth or null");
  return [plainDemand("const", { allowedValue: only }, "must be equal to constant", (value) => value === only)];
}

function enumDemand(node: Node): Demand[] {
  const { enum: values } = node;
  if (values === undefined) return [];
  if (!Array.isArray(values) || !values.every(isPlain)) throw unreadable("enum", "a list of texts, numbers, truths or null");
  const allowed = new Set<unknown>(values);
  return [plainDemand("enum", { allowedValues: values }, "must be equal to one of the allowed values", (value) => allowed.has(value))];
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
}
