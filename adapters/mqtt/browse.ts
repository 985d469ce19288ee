import type { AdapterEnv, Found } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { PointKind } from "#msgs/point.ts";
import { givenUp } from "../kit/abort.ts";
import { formatPlace } from "./address.ts";
import type { Link } from "./config.ts";
import type { Incoming } from "./device.ts";
import type { Inbox } from "./inbox.ts";
import { Payload } from "./payload.ts";
import type { Step } from "./path.ts";
import { refusalOf } from "./refusals.ts";
import type { Session } from "./session.ts";

/** Different points in one look; a broker with more is looked at in parts (browseTopic). */
const mostFound = 20_000;
/** Values in one message, and how deep they may lie. */
const mostLeaves = 500;
const deepest = 12;
const longestList = 32;

/** Listens for a while and tells what is said where: each topic and path once. */
export async function* browse(session: Session, inbox: Inbox, link: Link, env: AdapterEnv, signal: AbortSignal): AsyncGenerator<Found> {
  if (signal.aborted) throw givenUp(signal, "looking around");
  const known = new Set<string>();
  const queue: Found[] = [];
  let wake = () => {};
  const stopLooking = inbox.look((message) => {
    for (const found of pointsIn(message, link)) {
      const key = `${found.device.id} ${found.point?.address}`;
      if (known.has(key) || known.size >= mostFound) continue;
      known.add(key);
      queue.push(found);
    }
    wake();
  });
  let isOver = false;
  const over = () => ((isOver = true), wake());
  let cancel: Cancel = () => {};
  signal.addEventListener("abort", over, { once: true });
  void session.lost.then(over);
  try {
    const [refused] = [...(await session.subscribe([{ filter: link.browseTopic, qos: 0 }], signal))];
    if (refused) throw refusalOf(refused[1], `listening to ${refused[0]}`);
    // From here on: what the broker takes to answer is not time in which anything can be heard.
    cancel = env.timers.after(link.browseMs, over);
    while (!isOver || queue.length > 0) {
      if (signal.aborted) throw givenUp(signal, "looking around");
      const found = queue.shift();
      if (found) yield found;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    cancel();
    signal.removeEventListener("abort", over);
    stopLooking();
    await session.unsubscribe([link.browseTopic]);
  }
}

/** Every value in one message, as a point that could be bound. */
export function pointsIn(
  { topic, payload: bytes }: Pick<Incoming, "topic" | "payload">,
  link: Pick<Link, "topic" | "maxMessageBytes">,
): Found[] {
  const { id, base, tail } = deviceIn(topic, link.topic);
  const payload = new Payload(bytes, link.maxMessageBytes);
  const device = { id, options: { ...(base !== undefined && { topic: base }), poll: "never" } };
  return valuesIn(payload).map(({ path, kind }) => {
    const words = [...tail.split("/"), ...(path ?? []).map(String)].filter((word) => word !== "");
    const address = formatPlace({ topic: tail, ...(path && { path }) });
    return { device, point: { id: words.join("/") || "value", address, kind, writable: false } };
  });
}

/** Which part of a topic names the device: the level of `{device}` where the link has such a template, else all but the last. */
function deviceIn(topic: string, template: string | undefined): { id: string; base: string | undefined; tail: string } {
  const levels = topic.split("/");
  const places = template?.split("/") ?? [];
  const at = places.findIndex((place) => place.includes("{device}"));
  const fits = places.every((place, index) => place === "+" || place.includes("{device}") || place === levels[index]);
  const length = at >= 0 && fits && levels.length >= places.length ? places.length : levels.length - 1;
  const base = levels.slice(0, length).join("/");
  const id = at >= 0 && fits ? (levels[at] ?? base) : base;
  return { id: id || "top-level", base: base === "" ? undefined : base, tail: levels.slice(length).join("/") };
}

function valuesIn(payload: Payload): { path: readonly Step[] | undefined; kind: PointKind }[] {
  const { json, text } = payload;
  if ("value" in json && typeof json.value === "object" && json.value !== null) {
    const leaves: { path: readonly Step[]; kind: PointKind }[] = [];
    gather(json.value, [], leaves);
    return leaves;
  }
  if ("problem" in text || text.value.trim() === "") return [];
  return [{ path: undefined, kind: plainKind(text.value.trim()) }];
}

function gather(value: unknown, path: readonly Step[], leaves: { path: readonly Step[]; kind: PointKind }[]): void {
  if (leaves.length >= mostLeaves || path.length > deepest || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, inner] of value.slice(0, longestList).entries()) gather(inner, [...path, index], leaves);
  } else if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) gather(inner, [...path, key], leaves);
  } else leaves.push({ path, kind: typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "text" });
}

function plainKind(text: string): PointKind {
  if (/^(true|false|on|off)$/i.test(text)) return "boolean";
  return Number.isFinite(Number(text)) ? "number" : "text";
}
