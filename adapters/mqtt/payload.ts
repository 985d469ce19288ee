import { isUtf8 } from "node:buffer";
import type { Reading } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import type { Step } from "./path.ts";
import { valueAt } from "./path.ts";
import { sourceTimeOf, type TimeFormat } from "./source-time.ts";

/** What a device calls true and false, where it has words for them. */
export interface Words {
  readonly on?: string;
  readonly off?: string;
}

type Read<T> = { readonly value: T } | { readonly problem: string };

/** What came in one message. Taken apart once, however many points are in it, and only as far as somebody asks. */
export class Payload {
  private readonly bytes: Uint8Array;
  private readonly longest: number;
  private knownText: Read<string> | undefined;
  private knownJson: Read<unknown> | undefined;

  constructor(bytes: Uint8Array, longest: number) {
    this.bytes = bytes;
    this.longest = longest;
  }

  get text(): Read<string> {
    return (this.knownText ??= this.decode());
  }

  get json(): Read<unknown> {
    return (this.knownJson ??= this.parse());
  }

  /** What lies at the path of a JSON payload; undefined when it is no JSON or holds nothing there. */
  at(steps: readonly Step[]): unknown {
    const { json } = this;
    return "value" in json ? valueAt(json.value, steps) : undefined;
  }

  private decode(): Read<string> {
    if (this.bytes.length > this.longest) return { problem: `${this.bytes.length} bytes are more than maxMessageBytes (${this.longest})` };
    if (!isUtf8(this.bytes)) return { problem: "the payload is not UTF-8 text" };
    const { buffer, byteOffset, byteLength } = this.bytes;
    const text = Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
    // Some devices begin with a byte order mark, which is no part of the text.
    return { value: text.startsWith("\ufeff") ? text.slice(1) : text };
  }

  private parse(): Read<unknown> {
    const { text } = this;
    if ("problem" in text) return text;
    try {
      return { value: parseExactly(text.value) };
    } catch {
      return { problem: `the payload is not JSON: ${JSON.stringify(text.value.slice(0, 40))}` };
    }
  }
}

/** A point's reading, or undefined when the message says nothing about it. */
export function readingOf(payload: Payload, path: readonly Step[] | undefined, kind: PointKind, words: Words): Reading | undefined {
  if (path === undefined) {
    const { text } = payload;
    return "problem" in text ? unreadable(text.problem) : plainReading(text.value, kind, words);
  }
  const { json } = payload;
  if ("problem" in json) return unreadable(json.problem);
  const found = valueAt(json.value, path);
  if (found === undefined) return undefined;
  if (found === null) return { raw: null, quality: quality.badDevice, reason: "the device sends null" };
  if (typeof found === "object") return unreadable(`there is ${Array.isArray(found) ? "a list" : "an object"} at this path, not a value`);
  return typeof found === "string" ? plainReading(found, kind, words) : { raw: found as Value, quality: quality.good };
}

/** When the device says it was: `doubtful` when it says something that is no time. */
export function timeOf(payload: Payload, path: readonly Step[] | undefined, format: TimeFormat): number | "doubtful" | undefined {
  const written = path && payload.at(path);
  if (written === undefined) return undefined;
  return sourceTimeOf(written, format) ?? "doubtful";
}

const numeric = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function plainReading(text: string, kind: PointKind, words: Words): Reading {
  if (kind === "text") return { raw: text, quality: quality.good };
  const word = text.trim();
  if (word === "") return unreadable("the payload is empty");
  if (kind === "boolean" && (word === words.on || word === words.off)) return { raw: word === words.on, quality: quality.good };
  if (kind === "boolean") return { raw: word, quality: quality.good };
  if (!numeric.test(word)) return unreadable(`${JSON.stringify(word.slice(0, 40))} is not a number`);
  const number = Number(word);
  // Whole numbers that a double cannot hold keep their digits.
  const isTooLong = /^[+-]?\d+$/.test(word) && !Number.isSafeInteger(number);
  return { raw: isTooLong ? word.replace(/^\+/, "") : number, quality: quality.good };
}

function unreadable(reason: string): Reading {
  return { raw: null, quality: quality.badConfig, reason };
}

/** JSON, with whole numbers beyond 2^53 as their digits. */
function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    return typeof value === "number" && source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
  };
  return JSON.parse(text, keep);
}
