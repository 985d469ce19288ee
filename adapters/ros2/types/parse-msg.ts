import {
  DefinitionError,
  isPrimitive,
  type Constant,
  type Definition,
  type Field,
  type Initial,
  type Primitive,
  type Shape,
} from "./definition.ts";

/** Reads the text of a `.msg` file. `name` is the full name, `package/msg/Name`. */
export function parseMessage(name: string, text: string): Definition {
  const pack = name.split("/")[0]!;
  const fields: Field[] = [];
  const constants: Constant[] = [];
  text.split(/\r?\n/).forEach((raw, i) => {
    const at = `${name}, line ${i + 1}`;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const match = /^(\S+)\s+([A-Za-z]\w*)\s*(.*)$/.exec(line);
    if (match === null) throw new DefinitionError(`${at}: "${line}" is neither a field nor a constant`);
    const [, typeText = "", fieldName = "", rest = ""] = match;
    if (rest.startsWith("=")) constants.push(readConstant(typeText, fieldName, rest.slice(1).trim(), at));
    else fields.push(readField(pack, typeText, fieldName, rest, at));
  });
  const twice = fields.find((field, i) => fields.findIndex((other) => other.name === field.name) !== i);
  if (twice !== undefined) throw new DefinitionError(`${name}: field "${twice.name}" is there twice`);
  return { name, fields, constants };
}

/** Splits a `.srv` or `.action` at its lines of three dashes. */
export function sections(name: string, text: string, count: number): string[] {
  const parts = text.split(/^---\s*$/m);
  if (parts.length !== count) throw new DefinitionError(`${name}: expected ${count} parts separated by ---, found ${parts.length}`);
  return parts;
}

export function parseService(name: string, text: string): Definition[] {
  const [request = "", response = ""] = sections(name, text, 2);
  return [parseMessage(`${name}_Request`, request), parseMessage(`${name}_Response`, response)];
}

/** The three messages of an action and those that ROS derives from them. */
export function parseAction(name: string, text: string): Definition[] {
  const [goal = "", result = "", feedback = ""] = sections(name, text, 3);
  const uuid = one("goal_id", "unique_identifier_msgs/msg/UUID");
  return [
    parseMessage(`${name}_Goal`, goal),
    parseMessage(`${name}_Result`, result),
    parseMessage(`${name}_Feedback`, feedback),
    { name: `${name}_SendGoal_Request`, fields: [uuid, one("goal", `${name}_Goal`)], constants: [] },
    { name: `${name}_SendGoal_Response`, fields: [one("accepted", "bool"), one("stamp", "builtin_interfaces/msg/Time")], constants: [] },
    { name: `${name}_GetResult_Request`, fields: [uuid], constants: [] },
    { name: `${name}_GetResult_Response`, fields: [one("status", "int8"), one("result", `${name}_Result`)], constants: [] },
    { name: `${name}_FeedbackMessage`, fields: [uuid, one("feedback", `${name}_Feedback`)], constants: [] },
  ];
}

/** A single field of a type given by its full name. */
export function one(name: string, type: string): Field {
  return { name, type, stringBound: undefined, shape: { kind: "one" }, initial: undefined };
}

function readField(pack: string, typeText: string, name: string, rest: string, at: string): Field {
  const match = /^([\w/]+?)(?:<=(\d+))?(\[(?:(<=)?(\d+))?\])?$/.exec(typeText);
  if (match === null) throw new DefinitionError(`${at}: cannot read the type "${typeText}"`);
  const [, base = "", bound, brackets, upTo, length] = match;
  const type = resolveType(pack, base);
  if (bound !== undefined && type !== "string" && type !== "wstring") throw new DefinitionError(`${at}: only strings have a bound`);
  const shape = readShape(brackets, upTo, length);
  const initialText = withoutComment(rest);
  return {
    name,
    type,
    stringBound: bound === undefined ? undefined : Number(bound),
    shape,
    initial: initialText === "" ? undefined : readInitial(type, shape, initialText, at),
  };
}

function readShape(brackets: string | undefined, upTo: string | undefined, length: string | undefined): Shape {
  if (brackets === undefined) return { kind: "one" };
  if (length === undefined) return { kind: "sequence", bound: undefined };
  return upTo === undefined ? { kind: "array", length: Number(length) } : { kind: "sequence", bound: Number(length) };
}

/** `Header` alone means the one of std_msgs, as it always has; any other bare name is of the same package. */
function resolveType(pack: string, base: string): string {
  if (isPrimitive(base)) return base;
  const parts = base.split("/");
  if (parts.length === 3) return base;
  if (parts.length === 2) return `${parts[0]}/msg/${parts[1]}`;
  return base === "Header" ? "std_msgs/msg/Header" : `${pack}/msg/${base}`;
}

function readConstant(type: string, name: string, text: string, at: string): Constant {
  const bare = type.replace(/<=\d+$/, "");
  if (!isPrimitive(bare)) throw new DefinitionError(`${at}: a constant cannot be of type "${type}"`);
  // In a constant string a # is part of the text unless quotes end before it.
  const value = bare === "string" && !/^["']/.test(text) ? text : readScalar(bare, withoutComment(text), at);
  return { name, type: bare, value };
}

function readInitial(type: string, shape: Shape, text: string, at: string): Initial {
  if (!isPrimitive(type)) throw new DefinitionError(`${at}: a field of type "${type}" cannot have a default`);
  if (shape.kind === "one") return readScalar(type, text, at);
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  if (inside === undefined) throw new DefinitionError(`${at}: the default of an array is written in brackets`);
  return inside
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => readScalar(type, item, at) as number | boolean | string);
}

function readScalar(type: Primitive, text: string, at: string): number | bigint | boolean | string {
  if (type === "string" || type === "wstring") return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
  if (type === "bool") {
    if (/^(true|1)$/i.test(text)) return true;
    if (/^(false|0)$/i.test(text)) return false;
  } else if (type === "int64" || type === "uint64") {
    if (/^[+-]?\d+$|^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  } else {
    const value = Number(text);
    if (text !== "" && !Number.isNaN(value)) return value;
  }
  throw new DefinitionError(`${at}: "${text}" is not a ${type}`);
}

function withoutComment(text: string): string {
  const quoted = /^(["']).*?\1/.exec(text)?.[0];
  return quoted ?? text.replace(/#.*$/, "").trim();
}
