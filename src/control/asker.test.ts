import { expect, it } from "vitest";
import type { DeviceSide } from "#src/contract/control.ts";
import { silentLog } from "#src/kit/log.ts";
import { Machine } from "#test/fakes/machine.ts";
import { Asker } from "./asker.ts";

function rig(now: () => number) {
  const machine = new Machine(1_790_000_000_000_000);
  const asked: (readonly string[])[] = [];
  const devices = { ask: (points: readonly string[]) => (asked.push(points), Promise.resolve()) } as unknown as DeviceSide;
  const time = { now, trusted: () => true };
  const asker = new Asker({ devices, time, timers: machine.timers, log: silentLog, askEveryMs: 200, askTimeoutMs: 5_000 });
  return { machine, asker, asked };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it("asks at once when the clock has moved on since the answer, and then in rounds", async () => {
  let us = 0;
  const { machine, asker, asked } = rig(() => ++us);
  const enough = asker.want("d", "d/a");
  await settled();
  expect(asked).toEqual([["d/a"]]);
  asker.want("d", "d/b");
  await machine.runAsync(2_000, 1_000);
  expect(asked).toEqual([["d/a"], ["d/a", "d/b"]]);
  enough();
  await machine.runAsync(200_000, 10_000);
  expect(asked.slice(2)).toEqual([["d/b"]]);
  asker.close();
});

it("waits a millisecond while the clock stands, since a question in the instant of the answer is no evidence", async () => {
  const { machine, asker, asked } = rig(() => 5);
  asker.want("d", "d/a");
  await settled();
  expect(asked).toEqual([]);
  await machine.runAsync(1_000, 1_000);
  expect(asked).toEqual([["d/a"]]);
  asker.close();
});
