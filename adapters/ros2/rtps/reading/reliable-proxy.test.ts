import { beforeEach, describe, expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import { ManualEnvironment } from "../testing/manual-environment.ts";
import { MessageWriter, prefixBytes } from "../wire/message-writer.ts";
import type { Data, Gap, Heartbeat } from "../wire/submessage.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { ReliableProxy } from "./reliable-proxy.ts";
import { emptyReaderStats } from "./sample.ts";

const prefix = "0102030405060708090a0b0c";
const addressed = { readerId: 0x107, writerId: 0x103 };

let time: ManualEnvironment;
let sent: number;
let got: number[];
let lost: number;
let proxy: ReliableProxy;

beforeEach(() => {
  time = new ManualEnvironment();
  sent = 0;
  got = [];
  lost = 0;
  proxy = new ReliableProxy(
    { guid: `${prefix}00000103`, writerId: 0x103, link: { prefix } as never },
    {
      env: time,
      outbox: { message: (room) => new MessageWriter(prefixBytes(prefix), room), send: () => void sent++, sendTo: () => {} },
      limits: defaultLimits,
      budget: new MemoryBudget(1_000_000),
      readerId: 0x107,
      wantsHistory: false,
      stats: emptyReaderStats(),
      deliver: ({ sequence }) => got.push(sequence),
      lost: (_writer, count) => void (lost += count),
    },
  );
});

const data = (sequence: number) =>
  proxy.data({ ...addressed, kind: "data", sequence, sourceTimeUs: 0, inline: undefined, payload: Buffer.alloc(8) } as Data);
const heartbeat = (first: number, last: number) =>
  proxy.heartbeat({ ...addressed, kind: "heartbeat", first, last, final: true, liveliness: false } as Heartbeat);

describe("where a reader begins with a writer", () => {
  test("at number one at once: nothing can have been before it", () => {
    data(1);
    data(2);
    expect(got).toEqual([1, 2]);
  });

  test("at what the writer has, when it says so: what was lost before the first sample seen is asked for", () => {
    data(2);
    expect(got).toEqual([]);
    heartbeat(1, 2);
    data(1);
    expect(got).toEqual([1, 2]);
  });

  test("a writer that was silent for a minute has as long to answer as one that was not", () => {
    time.advance(60_000);
    const before = sent;
    data(2);
    expect(sent).toBe(before + 1);
    time.advance(1_000);
    expect(got).toEqual([]);
    heartbeat(1, 2);
    data(1);
    expect(got).toEqual([1, 2]);
  });

  test("after what the writer says was never for us, and that is no loss", () => {
    data(9);
    const before = sent;
    time.advance(250);
    expect(sent).toBe(before + 1);
    proxy.gap({ ...addressed, kind: "gap", start: 1, before: 8, further: [] } as unknown as Gap);
    data(8);
    expect(got).toEqual([8, 9]);
    expect(lost).toBe(0);
  });

  test("at what came, when three hellos since are not answered", () => {
    data(7);
    data(8);
    time.advance(1_300);
    expect(got).toEqual([]);
    time.advance(200);
    expect(got).toEqual([7, 8]);
    data(9);
    expect(got).toEqual([7, 8, 9]);
  });
});
