import { expect, test } from "vitest";
import { ManualEnvironment } from "../testing/manual-environment.ts";
import { OutboundQueue, type PacketSource } from "./outbound-queue.ts";

function source(name: string, packets: number, sent: string[], mayBegin = () => true): PacketSource {
  let left = packets;
  return {
    bytes: packets * 10,
    mayBegin,
    sendNext: () => {
      sent.push(name);
      return --left > 0;
    },
  };
}

test("two writers take turns, what one writer queued keeps its order", () => {
  const env = new ManualEnvironment();
  const queue = new OutboundQueue(env, 10_000);
  const sent: string[] = [];
  queue.add(1, source("a", 100, sent));
  queue.add(2, source("b", 10, sent));
  queue.add(2, source("c", 1, sent));
  env.advance(0);
  expect(sent.filter((name) => name === "a")).toHaveLength(100);
  expect(sent.indexOf("c")).toBeGreaterThan(sent.lastIndexOf("b"));
  expect(sent.lastIndexOf("c")).toBeLessThan(sent.lastIndexOf("a"));
});

test("a source beyond the bound is refused, and there is room again when others are sent", () => {
  const env = new ManualEnvironment();
  const queue = new OutboundQueue(env, 1000);
  expect(queue.add(1, source("a", 90, []))).toBe(true);
  expect(queue.add(1, source("b", 90, []))).toBe(false);
  env.advance(0);
  expect(queue.add(1, source("b", 90, []))).toBe(true);
  expect(queue.refusals).toBe(1);
});

test("a source that may not begin waits without holding up the others, and begins when told", () => {
  const env = new ManualEnvironment();
  const queue = new OutboundQueue(env, 10_000);
  const sent: string[] = [];
  let open = false;
  queue.add(
    1,
    source("held", 2, sent, () => open),
  );
  queue.add(2, source("free", 2, sent));
  env.advance(1);
  expect(sent).toEqual(["free", "free"]);
  open = true;
  queue.wake();
  env.advance(0);
  expect(sent).toEqual(["free", "free", "held", "held"]);
  expect(queue.isBusy(1)).toBe(false);
});
