export const tables = ["coil", "discrete", "input", "holding"] as const;
export type Table = (typeof tables)[number];

export const orders = ["abcd", "cdab", "badc", "dcba"] as const;
/** Which byte comes first on the wire, a being the most significant one: big-endian, words swapped, bytes swapped, little-endian. */
export type Order = (typeof orders)[number];

export const types = ["bit", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "bcd16", "bcd32", "string"] as const;
export type ValueType = (typeof types)[number];

/** One value in one of the four tables; `at` counts from zero, as on the wire. */
export interface Address {
  readonly table: Table;
  readonly at: number;
  readonly type: ValueType;
  /** For a bit of a register: 0 is the least significant one. */
  readonly bit?: number;
  /** For a string: how many bytes. */
  readonly bytes?: number;
  /** Absent: the device's own. */
  readonly order?: Order;
}

export type Parsed = { readonly address: Address } | { readonly problem: string };

const notation = /^(coil|discrete|input|holding):(\d{1,5}|0x[0-9a-f]{1,4})(?:\.(\d{1,2}))?((?::[a-z0-9]+)*)$/;
const modicon = /^([0134])(\d{4,5})((?:\.\d{1,2})?(?::[a-z0-9]+)*)$/;
const modiconTables: Readonly<Record<string, Table>> = { "0": "coil", "1": "discrete", "3": "input", "4": "holding" };

/**
 * `holding:100`, `holding:100:f32:cdab`, `holding:12.3`, `input:0x1f:s16`, `coil:7`, `holding:200:string:20`, and the numbers
 * printed in manuals: `40101` and `400101` are `holding:100`.
 */
export function parseAddress(text: string): Parsed {
  const lower = text.trim().toLowerCase();
  const old = modicon.exec(lower);
  if (old) {
    const number = Number(old[2]);
    if (number === 0) return { problem: `${quote(text)}: numbers of this kind start at ${old[1]}${"1".padStart(old[2]!.length, "0")}` };
    return parseAddress(`${modiconTables[old[1]!]!}:${number - 1}${old[3]}`);
  }
  const match = notation.exec(lower);
  if (!match) return { problem: `${quote(text)} is not an address; ${hintFor(lower)}` };
  const [, table, at, bit, rest] = match as unknown as [string, Table, string, string | undefined, string];
  const words = rest.split(":").slice(1);
  const found =
    table === "coil" || table === "discrete" ? bitTable(table, Number(at), bit, words) : registerTable(table, Number(at), bit, words);
  if (typeof found === "string") return { problem: `${quote(text)}: ${found}` };
  const last = found.at + widthOf(found) - 1;
  if (last > 65_535) return { problem: `${quote(text)} ends at ${last}; the last ${table} is 65535` };
  return { address: found };
}

/** The canonical notation; parsing it gives the same address again. */
export function formatAddress(address: Address): string {
  const { table, at, type, bit, bytes, order } = address;
  const place = bit === undefined ? `${table}:${at}` : `${table}:${at}.${bit}`;
  const typed = type === "bit" || (type === "u16" && order === undefined) ? "" : `:${type}`;
  return `${place}${typed}${bytes === undefined ? "" : `:${bytes}`}${order === undefined ? "" : `:${order}`}`;
}

/** How many registers (or bits, in the bit tables) the value takes. */
export function widthOf(address: Pick<Address, "type" | "bytes">): number {
  switch (address.type) {
    case "bit":
    case "u16":
    case "s16":
    case "bcd16":
      return 1;
    case "u32":
    case "s32":
    case "f32":
    case "bcd32":
      return 2;
    case "u64":
    case "s64":
    case "f64":
      return 4;
    case "string":
      return Math.ceil((address.bytes ?? 0) / 2);
  }
}

/** The bit tables hold one truth value per address, the register tables sixteen bits. */
export function isBitTable(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** A stretch of one table, as in `holding:100-120`, both ends included. */
export interface Stretch {
  readonly table: Table;
  readonly from: number;
  readonly to: number;
}

export function parseStretch(text: string): Stretch | undefined {
  const match = /^(coil|discrete|input|holding):(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim().toLowerCase());
  if (!match) return undefined;
  const from = Number(match[2]);
  const to = Number(match[3] ?? match[2]);
  return from <= to && to <= 65_535 ? { table: match[1] as Table, from, to } : undefined;
}

function bitTable(table: Table, at: number, bit: string | undefined, words: readonly string[]): Address | string {
  if (bit !== undefined) return `a ${table} is a bit already`;
  if (words.length > 0) return `a ${table} has no type; leave out ${quote(words.join(":"))}`;
  return { table, at, type: "bit" };
}

function registerTable(table: Table, at: number, bit: string | undefined, words: readonly string[]): Address | string {
  if (bit !== undefined) {
    if (Number(bit) > 15) return "a register has bits 0 to 15";
    if (words.length > 0 && !(words.length === 1 && isOrder(words[0]))) return "a bit of a register has no type";
    return { table, at, type: "bit", bit: Number(bit), ...(isOrder(words[0]) && { order: words[0] }) };
  }
  const [type = "u16", ...others] = words;
  if (isOrder(type) && others.length === 0) return { table, at, type: "u16", order: type };
  if (!isType(type) || type === "bit") {
    const meant = Object.hasOwn(otherNames, type) ? otherNames[type] : undefined;
    return `${quote(type)} is not a type; ${meant ? `write ${meant}` : `there are ${types.slice(1).join(", ")}`}`;
  }
  const length = type === "string" ? others.shift() : undefined;
  const bytes = Number(length);
  if (type === "string" && !(Number.isInteger(bytes) && bytes >= 1 && bytes <= 250))
    return "a string says how many bytes it has, 1 to 250, as in holding:200:string:20";
  const [order, ...more] = others;
  if ((order !== undefined && !isOrder(order)) || more.length > 0)
    return `${quote(others.join(":"))} is not a byte order; there are ${orders.join(", ")}`;
  return { table, at, type, ...(type === "string" && { bytes }), ...(order !== undefined && { order }) };
}

/** What manuals call the types. */
const otherNames: Readonly<Record<string, ValueType>> = {
  ...{ int16: "s16", i16: "s16", int: "s16", short: "s16", uint16: "u16", uint: "u16", word: "u16", bcd: "bcd16" },
  ...{ int32: "s32", i32: "s32", long: "s32", dint: "s32", uint32: "u32", dword: "u32", ulong: "u32", udint: "u32" },
  ...{ int64: "s64", i64: "s64", lint: "s64", uint64: "u64", ulint: "u64" },
  ...{ float: "f32", float32: "f32", real: "f32", float64: "f64", double: "f64", lreal: "f64" },
};

function hintFor(text: string): string {
  // YAML takes 00005 for the number five.
  if (/^\d{1,4}$/.test(text))
    return `a number from a manual has five or six digits, and in quotes where it begins with 0: "${text.padStart(5, "0")}"`;
  if (/^\d{5,6}$/.test(text)) return "numbers from a manual begin with 0 (coil), 1 (discrete), 3 (input) or 4 (holding)";
  return `write table:number[.bit][:type][:order], for example holding:100:f32:cdab; tables are ${tables.join(", ")}`;
}

function isOrder(word: string | undefined): word is Order {
  return (orders as readonly (string | undefined)[]).includes(word);
}

function isType(word: string): word is ValueType {
  return (types as readonly string[]).includes(word);
}

function quote(text: string): string {
  return `"${text.slice(0, 60)}"`;
}
