import { expect, it } from "vitest";
import { GatewayError } from "#src/kit/errors.ts";
import { silentLog, type Log } from "#src/kit/log.ts";
import { Counters } from "./counters.ts";
import { DeviceState, type DeviceStateParts } from "./device-state.ts";

const second = 1_000_000;

function device() {
  let nowUs = 1_790_000_000 * second;
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (line) => void lines.push(line), info: (line) => void lines.push(line) };
  const time = { now: () => nowUs } as DeviceStateParts["time"];
  const outlet = { publish: () => undefined } as unknown as DeviceStateParts["outlet"];
  const linkCounters = new Counters(time);
  const state = new DeviceState({ adapter: "plc", device: "v-101", outlet, time, linkCounters, log, changed: () => undefined });
  const failTwice = () => [0, 1].forEach(() => state.failed(new GatewayError("timeout", "unit 3 did not answer within 300 ms")));
  return { state, lines, failTwice, linkCounters, pass: (us: number) => (nowUs += us) };
}

it("the log hears that a device went away, and that it is back, once each", () => {
  const { state, lines, failTwice } = device();
  state.answered();
  expect(lines).toEqual([]);
  failTwice();
  failTwice();
  expect(lines).toEqual(["v-101 does not answer: unit 3 did not answer within 300 ms"]);
  state.answered();
  state.answered();
  expect(lines.slice(1)).toEqual(["v-101 answers again"]);
});

it("a link that is made anew says nothing new about a device that stays away", () => {
  const { state, lines, failTwice } = device();
  for (let opened = 0; opened < 5; opened++) {
    state.begin();
    failTwice();
    state.unlinked();
  }
  expect(lines).toHaveLength(1);
});

it("a device that comes and goes has a line a minute in the long run, and never ends as away when it is there", () => {
  const { state, lines, failTwice, pass } = device();
  for (let n = 0; n < 600; n++) {
    failTwice();
    state.answered();
    pass(second);
  }
  expect(lines.length).toBeLessThanOrEqual(10 + 2 * 10);
  expect(lines.at(-1)).toBe("v-101 answers again");
});

it("answers with bad values count by kind, for the device and its link", () => {
  const { state, linkCounters } = device();
  state.replied(4, 12, new Set(["bad-config", "bad-device"]));
  state.replied(4, 12, []);
  for (const counters of [state.counters, linkCounters])
    expect(counters.read()).toMatchObject({ requests: 2, points: 8, errors: { "bad-config": 1, "bad-device": 1 } });
});
