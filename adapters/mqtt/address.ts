import { formatPath, parsePath, type Step } from "./path.ts";
import { filterProblem, topicProblem } from "./topic.ts";

/** One place in what a device says or hears: a topic below the device's own, and where in its payload. */
export interface Place {
  /** Below the device's own topic; empty is that topic itself. */
  readonly topic: string;
  /** Absent: the payload is the value, as plain text. */
  readonly path?: readonly Step[];
}

export interface Address {
  readonly read: Place;
  /** Where it is told, when the device's own options do not say. */
  readonly write?: Place;
}

/** `telemetry#air.co2`, `status` (plain text), `state#setpoint > command#setpoint`. */
export function parseAddress(text: string): { readonly address: Address } | { readonly problem: string } {
  const [first = "", second, ...more] = splitArrow(text);
  if (more.length > 0) return { problem: `${shown(text)}: one > at most, between where it is read and where it is told` };
  const read = parsePlace(first);
  if ("problem" in read) return { problem: `${shown(text)}: ${read.problem}` };
  const listening = read.place.topic === "" ? undefined : filterProblem(read.place.topic);
  if (listening) return { problem: `${shown(text)}: ${listening}` };
  if (second === undefined) return { address: { read: read.place } };
  const write = parsePlace(second);
  if ("problem" in write) return { problem: `${shown(text)}: ${write.problem}` };
  const telling = write.place.topic === "" ? undefined : topicProblem(write.place.topic);
  return telling ? { problem: `${shown(text)}: ${telling}` } : { address: { read: read.place, write: write.place } };
}

export function formatPlace({ topic, path }: Place): string {
  return path === undefined ? topic : `${topic}#${formatPath(path)}`;
}

/** Topics hold no `#` but at their end, so the first one is where the path begins. */
function parsePlace(text: string): { readonly place: Place } | { readonly problem: string } {
  const trimmed = text.trim();
  const at = trimmed.indexOf("#");
  if (at < 0) return trimmed === "" ? { problem: "no topic and no path" } : { place: { topic: trimmed } };
  const parsed = parsePath(trimmed.slice(at + 1));
  if ("problem" in parsed) return parsed;
  // Whoever writes "telemetry/#" means everything below, which is no one value.
  if (trimmed[at - 1] === "/") return { problem: "# stands for no wildcard here, but in front of a path; leave out the / before it" };
  return { place: { topic: trimmed.slice(0, at), path: parsed.steps } };
}

/** At every `>` that does not stand in a quoted key. */
function splitArrow(text: string): string[] {
  const parts = [""];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"' && text[at - 1] !== "\\") isQuoted = !isQuoted;
    if (letter === ">" && !isQuoted) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
