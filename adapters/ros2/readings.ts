import type { Binding, PushedReading, Reading } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import type { TopicAddress } from "./address.ts";
import type { Robot } from "./config.ts";
import type { Heard } from "./feeds.ts";
import { isTime, valueAt } from "./field-path.ts";
import type { Message } from "./types/index.ts";

/** A point and where in which messages its value stands. */
export interface Place {
  readonly binding: Binding;
  readonly address: TopicAddress;
}

/** Whether a message is about this robot. On a topic with + the message itself says whose it is. */
export function isFrom(robot: Robot, pattern: string, heard: Heard): boolean {
  if (!pattern.includes("+") || "problem" in heard) return !pattern.includes("+");
  return String(heard.message[robot.identity] ?? "") === robot.says;
}

/** What a message says about some points. */
export function readingsOf(places: readonly Place[], heard: Heard): PushedReading[] {
  if ("problem" in heard) {
    return places.map(({ binding }) => ({ binding, raw: null, quality: quality.badDevice, reason: heard.problem }));
  }
  const sourceTime = sourceTimeOf(heard.message) ?? heard.incoming.sourceTimeUs;
  return places.map(({ binding, address }) => ({ binding, ...readingAt(heard.message, address), sourceTime }));
}

function readingAt(message: Message, { path }: TopicAddress): Reading {
  const found = valueAt(message, path);
  if ("problem" in found) return { raw: null, quality: quality.badConfig, reason: found.problem };
  if (typeof found.value === "number" && !Number.isFinite(found.value)) {
    return { raw: null, quality: quality.badDevice, reason: `the message says ${found.value}` };
  }
  return { raw: found.value, quality: quality.good };
}

/** The stamp of the header, or one beside the values, where somebody set it. */
export function sourceTimeOf(message: Message): number | undefined {
  const header = message.header;
  const stamp = typeof header === "object" && "stamp" in header ? header.stamp : message.stamp;
  if (!isTime(stamp) || stamp.sec <= 0) return undefined;
  return stamp.sec * 1_000_000 + Math.floor(stamp.nanosec / 1000);
}
