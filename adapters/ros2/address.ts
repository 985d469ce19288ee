import { parsePath, type Step } from "./field-path.ts";
import { isTopicPattern } from "./transport/pattern.ts";

/** A field of the messages on a topic, or a parameter of a node. */
export type Address = TopicAddress | ParameterAddress;

export interface TopicAddress {
  readonly kind: "topic";
  /** Absolute; relative ones have been put below the device's root. */
  readonly topic: string;
  readonly path: readonly Step[];
  /** The message type, needed to publish; a reader learns it from the publisher. */
  readonly type: string | undefined;
  /** Publish again so many times a second while the command lives: a velocity with a dead man's switch. */
  readonly repeatHz: number | undefined;
  /** How long a repeated command lives when it says nothing itself. */
  readonly deadManMs: number;
}

export const parameterTypes = ["bool", "integer", "double", "string"] as const;
export type ParameterType = (typeof parameterTypes)[number];

export interface ParameterAddress {
  readonly kind: "parameter";
  /** The node, `undefined` for the device's own. */
  readonly node: string | undefined;
  readonly name: string;
  readonly type: ParameterType | undefined;
}

export type Parsed = { readonly address: Address } | { readonly problem: string };

const defaultDeadManMs = 1000;
const longest = 500;

/**
 * `telemetry#battery`, `/odom#pose.pose.position.x`, `/joint_states#position[name=elbow]`, `/devices/+/telemetry#altitude`,
 * `cmd_vel#linear.x;type=geometry_msgs/Twist;repeat=10;deadman=500`, `param:max_speed`, `param:/arm/driver:gain:double`.
 */
export function parseAddress(text: string, root: string): Parsed {
  if (text.length > longest) return { problem: `an address of ${text.length} characters; ${longest} is the most` };
  if (text.startsWith("param:")) return parseParameter(text);
  const [place = "", ...options] = text.split(";");
  const hash = place.indexOf("#");
  if (hash < 1) return { problem: `${quote(text)} is not of the form topic#field, as in telemetry#battery or /odom#pose.pose.position.x` };
  const name = place.slice(0, hash);
  const topic = name.startsWith("/") ? name : `${root}/${name}`;
  if (!isTopicPattern(topic))
    return { problem: `${quote(name)} is not a topic: letters, digits and underscores between slashes, + for any one part` };
  const path = parsePath(place.slice(hash + 1));
  if (path === undefined)
    return { problem: `${quote(place.slice(hash + 1))} is not a path into a message, as in pose.position.x or readings[3]` };
  return withOptions({ kind: "topic", topic, path, type: undefined, repeatHz: undefined, deadManMs: defaultDeadManMs }, options);
}

function parseParameter(text: string): Parsed {
  const match = /^param:(?:(\/[\w/]+):)?([A-Za-z_][\w.-]*)(?::(\w+))?$/.exec(text);
  if (match === null) return { problem: `${quote(text)} is not of the form param:name, param:/node:name or param:/node:name:double` };
  const [, node, name = "", type] = match;
  if (type !== undefined && !(parameterTypes as readonly string[]).includes(type)) {
    return { problem: `${quote(type)} is not a type of parameter; there are ${parameterTypes.join(", ")}` };
  }
  return { address: { kind: "parameter", node, name, type: type as ParameterType | undefined } };
}

function withOptions(address: TopicAddress, options: readonly string[]): Parsed {
  let read = address;
  for (const option of options) {
    const [name = "", value = ""] = option.split("=");
    const number = Number(value);
    if (name === "type" && /^\w+\/(?:\w+\/)?\w+$/.test(value)) read = { ...read, type: value };
    else if (name === "repeat" && number >= 0.1 && number <= 100) read = { ...read, repeatHz: number };
    else if (name === "deadman" && number >= 50 && number <= 60_000) read = { ...read, deadManMs: number };
    else return { problem: `${quote(option)} is not an option: type=package/Name, repeat=0.1…100 (Hz), deadman=50…60000 (ms)` };
  }
  return { address: read };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
