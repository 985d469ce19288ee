import { parseTime, type Timestamp } from "#msgs/time.ts";
import type { MissionAnswer } from "./missions.ts";
import { notAvailable } from "./not-available.ts";
import type { Refusal } from "./services.ts";

/** A refusal on its way out of a handler, with the status it is answered with. */
export class HttpRefusal extends Error {
  readonly statusCode: number;
  readonly body: Refusal & Readonly<Record<string, unknown>>;
  constructor(statusCode: number, body: Refusal & object) {
    super(body.message);
    this.name = "HttpRefusal";
    this.statusCode = statusCode;
    const { code, message, ...more } = body as Refusal & Record<string, unknown>;
    const { status: _status, ...rest } = more;
    this.body = { code, message, ...rest };
  }
}

export function unknownId(what: string, id: string): HttpRefusal {
  return new HttpRefusal(404, { code: `unknown-${what}`, message: `there is no ${what} "${id}"` });
}

export function notBuiltYet(what: string): HttpRefusal {
  return new HttpRefusal(501, notAvailable(what));
}

/** A time out of a query: an instant that exists, or 400. */
export function timeIn(query: Readonly<Record<string, unknown>>, name: string): Timestamp {
  return instant(query[name], name);
}

/** Instants with commas between them. */
export function timesIn(query: Readonly<Record<string, unknown>>, name: string, max: number): Timestamp[] {
  const texts = listIn(query, name, max);
  return texts.length === 0 ? [instant("", name)] : texts.map((text) => instant(text, name));
}

function instant(text: unknown, name: string): Timestamp {
  const at = typeof text === "string" ? parseTime(text) : undefined;
  if (at === undefined)
    throw new HttpRefusal(400, {
      code: "bad-request",
      message: `${name} must be an RFC 3339 instant that exists, not ${JSON.stringify(text)}`,
    });
  return at;
}

export function wholeIn(query: Readonly<Record<string, unknown>>, name: string, bounds: { min: number; max: number }): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const value = typeof text === "string" && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw new HttpRefusal(400, {
      code: "bad-request",
      message: `${name} must be a whole number from ${bounds.min} to ${bounds.max}, not ${JSON.stringify(text)}`,
    });
  }
  return value;
}

/** `?points=a,b` and `?points=a&points=b` mean the same. */
export function listIn(query: Readonly<Record<string, unknown>>, name: string, max: number): string[] {
  const raw = query[name];
  const texts = (Array.isArray(raw) ? raw : [raw]).filter((text): text is string => typeof text === "string");
  const items = [...new Set(texts.flatMap((text) => text.split(",")).map((text) => text.trim()))].filter((text) => text !== "");
  if (items.length > max)
    throw new HttpRefusal(400, { code: "bad-request", message: `${name}: at most ${max} at once, not ${items.length}` });
  return items;
}

const missionStatus = { unknown: 404, bad: 400, state: 409, "not-available": 501 } as const;

export function missionOrRefuse(answer: MissionAnswer): Extract<MissionAnswer, { mission: unknown }>["mission"] {
  if ("mission" in answer) return answer.mission;
  throw new HttpRefusal(missionStatus[answer.kind], answer.refused);
}
