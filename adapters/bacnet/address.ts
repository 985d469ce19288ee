import { objectTypes, properties } from "./wire/names.ts";
import type { ObjectId, PropertyRef } from "./wire/value.ts";

/** Data types a value can be written as where the object's type does not say (proprietary objects and properties). */
export const writeTypes = [
  "real",
  "double",
  "unsigned",
  "signed",
  "enumerated",
  "boolean",
  "text",
  "object",
  "date",
  "time",
  "bits",
  "octets",
] as const;
export type WriteType = (typeof writeTypes)[number];

/** One point of a device: a property of an object, with what is special about it. */
export interface PointAddress extends PropertyRef {
  readonly object: ObjectId;
  /** Listen for changes by at least this much (SubscribeCOVProperty), or not at all. */
  readonly cov?: number | "off";
  /** The trend log in the device that records this point; a log of several names the member. */
  readonly log?: { readonly object: ObjectId; readonly member?: number };
  readonly as?: WriteType;
}

export type ParsedAddress = { readonly address: PointAddress } | { readonly problem: string };

const shortTypes: Readonly<Record<string, string>> = {
  ai: "analog-input",
  ao: "analog-output",
  av: "analog-value",
  bi: "binary-input",
  bo: "binary-output",
  bv: "binary-value",
  mi: "multi-state-input",
  mo: "multi-state-output",
  mv: "multi-state-value",
  msi: "multi-state-input",
  mso: "multi-state-output",
  msv: "multi-state-value",
  csv: "characterstring-value",
  iv: "integer-value",
  piv: "positive-integer-value",
  lav: "large-analog-value",
};
/** Its number in the standard; an address without a property means it. */
const presentValue = 85;

const notation = /^([a-z0-9-]+):(\d{1,7})(?:\/([a-z0-9-]+)(?:\[(\d{1,5})\])?)?((?:;[a-z]+=[^;]*)*)$/;

/**
 * `analog-input:3`, `ai:3`, `analog-output:1/priority-array[8]`, `200:5/1234;as=real`, `av:7;cov=0.5`, `av:7;cov=off`,
 * `ai:3;log=trend-log:2`, `ai:3;log=trend-log-multiple:1[2]`. Without a property it is the present value.
 */
export function parseAddress(input: string): ParsedAddress {
  const text = input.trim().toLowerCase();
  const match = notation.exec(text);
  if (!match)
    return { problem: `${quote(input)} is not an address; write type:instance[/property[\\[index\\]]], for example analog-input:3` };
  const object = parseObject(`${match[1]}:${match[2]}`);
  if (typeof object === "string") return { problem: `${quote(input)}: ${object}` };
  const property = match[3] === undefined ? presentValue : properties.number(match[3]);
  if (property === undefined || property > 0x3f_ffff)
    return { problem: `${quote(input)}: there is no property "${match[3]}"; a proprietary one is written as its number` };
  const index = match[4] === undefined ? undefined : Number(match[4]);
  const options = parseOptions(match[5] ?? "");
  if (typeof options === "string") return { problem: `${quote(input)}: ${options}` };
  return { address: { object, property, ...(index !== undefined && { index }), ...options } };
}

/** The canonical notation; parsing it gives the same address again. */
export function formatAddress(address: PointAddress): string {
  const { object, property, index, cov, log, as } = address;
  const place = index === undefined ? "" : `[${index}]`;
  const path = property === presentValue && index === undefined ? "" : `/${properties.name(property)}${place}`;
  const member = log?.member === undefined ? "" : `[${log.member}]`;
  return [
    formatObject(object) + path,
    ...(cov === undefined ? [] : [`cov=${cov}`]),
    ...(log === undefined ? [] : [`log=${formatObject(log.object)}${member}`]),
    ...(as === undefined ? [] : [`as=${as}`]),
  ].join(";");
}

export function formatObject(object: ObjectId): string {
  return `${objectTypes.name(object.type)}:${object.instance}`;
}

/** The object, or in words why it is none. */
export function parseObject(text: string): ObjectId | string {
  const match = /^([a-z0-9-]+):(\d{1,7})$/.exec(text.trim().toLowerCase());
  if (!match) return `${quote(text)} is not an object; write type:instance, for example trend-log:2`;
  const word = match[1]!;
  const type = objectTypes.number(shortTypes[word] ?? word);
  if (type === undefined || type > 1023)
    return `there is no object type "${word}"; a proprietary one is written as its number, 128 to 1023`;
  const instance = Number(match[2]);
  if (instance > 4_194_302) return `instance ${instance} is beyond 4194302`;
  return { type, instance };
}

function parseOptions(text: string): Pick<PointAddress, "cov" | "log" | "as"> | string {
  const found: { cov?: number | "off"; log?: NonNullable<PointAddress["log"]>; as?: WriteType } = {};
  for (const option of text.split(";").slice(1)) {
    const at = option.indexOf("=");
    const name = option.slice(0, at);
    const value = option.slice(at + 1);
    if (name === "cov") {
      const increment = Number(value);
      if (value !== "off" && !(value !== "" && increment >= 0 && Number.isFinite(increment)))
        return `"cov" takes "off" or an increment, not ${quote(value)}`;
      found.cov = value === "off" ? "off" : increment;
    } else if (name === "log") {
      const match = /^([a-z0-9-]+:\d{1,7})(?:\[(\d{1,3})\])?$/.exec(value);
      const object = match ? parseObject(match[1]!) : `"log" takes a trend log, not ${quote(value)}`;
      if (typeof object === "string") return object;
      found.log = { object, ...(match?.[2] !== undefined && { member: Number(match[2]) }) };
    } else if (name === "as") {
      if (!(writeTypes as readonly string[]).includes(value)) return `"as" takes one of ${writeTypes.join(", ")}`;
      found.as = value as WriteType;
    } else return `there is no option "${name}"; there are cov, log and as`;
  }
  return found;
}

function quote(text: string): string {
  return `"${text.slice(0, 60)}"`;
}
