/** What `{n}` may stand for in a template. */
export type Parameter = string | number | boolean;
export type Scope = Readonly<Record<string, Parameter>>;

/** `{n}`, `{n+1}`, `{n*2+100}`, `{n:03}`; `{{` stands for a plain brace. */
const placeholder = /\{\{|\}\}|\{([^{}]*)\}/g;
const operand = String.raw`\d+|[A-Za-z_][A-Za-z0-9_]*`;
const inside = new RegExp(String.raw`^([A-Za-z_][A-Za-z0-9_]*)(?:\*(${operand}))?(?:([+-])(${operand}))?(?::0(\d+))?$`);

/**
 * Fills the placeholders of one text. A text that is nothing but one placeholder takes the parameter's own type, so that
 * `unitId: "{n}"` is a number.
 */
export function fill(text: string, scope: Scope, complain: (message: string) => void): Parameter {
  if (!text.includes("{") && !text.includes("}}")) return text;
  let only: Parameter | undefined;
  const filled = text.replace(placeholder, (whole, body: string | undefined) => {
    if (body === undefined) return whole[0]!;
    const value = valueOf(body.trim(), scope, complain);
    if (whole === text) only = value;
    return value === undefined ? whole : String(value);
  });
  return only ?? filled;
}

function valueOf(body: string, scope: Scope, complain: (message: string) => void): Parameter | undefined {
  const [, name, times, sign, more, width] = inside.exec(body) ?? [];
  if (name === undefined) {
    complain(`{${body}} is not a placeholder; write {name}, {name*2+1} or {name:03}, and {{ for a plain brace`);
    return undefined;
  }
  if (times === undefined && more === undefined && width === undefined) return parameterOf(name, scope, complain);
  const [value, factor, summand] = [name, times ?? "1", more ?? "0"].map((word) => numberOf(word, body, scope, complain));
  if (value === undefined || factor === undefined || summand === undefined) return undefined;
  const result = value * factor + (sign === "-" ? -summand : summand);
  return width === undefined ? result : String(result).padStart(Number(width), "0");
}

function numberOf(word: string, body: string, scope: Scope, complain: (message: string) => void): number | undefined {
  if (/^\d+$/.test(word)) return Number(word);
  const value = parameterOf(word, scope, complain);
  if (value === undefined || typeof value === "number") return value;
  complain(`{${body}} needs a number, and ${word} is ${JSON.stringify(value)}`);
  return undefined;
}

function parameterOf(name: string, scope: Scope, complain: (message: string) => void): Parameter | undefined {
  if (Object.hasOwn(scope, name)) return scope[name];
  complain(`{${name}} has no value here; known: ${Object.keys(scope).join(", ") || "nothing"}`);
  return undefined;
}

/** How many units one entry may turn into. */
export const maxUnits = 100_000;

const range = /^(-?\d+)\.\.(-?\d+)$/;

/**
 * What `each` stands for: `{ n: 1..200 }` counts, `{ n: [1, 2, 7..9] }` lists, two names give every combination, and a list
 * of groups gives one unit per group.
 */
export function scopesOf(each: unknown, complain: (message: string) => void): readonly Scope[] {
  if (Array.isArray(each)) return each.flatMap((row) => rowScope(row, complain));
  if (typeof each !== "object" || each === null) {
    complain(`must be a group such as { n: 1..200 }, or a list of groups`);
    return [];
  }
  let scopes: Scope[] = [{}];
  for (const [name, written] of Object.entries(each)) {
    const values = valuesOf(written, complain);
    if (scopes.length * values.length > maxUnits) {
      complain(`makes more than ${maxUnits} units`);
      return [];
    }
    scopes = scopes.flatMap((scope) => values.map((value) => ({ ...scope, [name]: value })));
  }
  return scopes;
}

function rowScope(row: unknown, complain: (message: string) => void): readonly Scope[] {
  if (typeof row === "object" && row !== null && !Array.isArray(row) && Object.values(row).every(isParameter)) return [row as Scope];
  complain("every item of the list must be a group of plain values, such as { n: 1, side: east }");
  return [];
}

function valuesOf(written: unknown, complain: (message: string) => void): readonly Parameter[] {
  if (Array.isArray(written)) return written.flatMap((item) => valuesOf(item, complain));
  const [, from, to] = typeof written === "string" ? (range.exec(written) ?? []) : [];
  if (from !== undefined && to !== undefined) {
    const count = Number(to) - Number(from) + 1;
    if (count >= 1 && count <= maxUnits) return Array.from({ length: count }, (_, i) => Number(from) + i);
    complain(`${String(written)} must count upwards, ${maxUnits} at most`);
    return [];
  }
  if (isParameter(written)) return [written];
  complain("must be a value, a range such as 1..200, or a list of these");
  return [];
}

export function isParameter(value: unknown): value is Parameter {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
