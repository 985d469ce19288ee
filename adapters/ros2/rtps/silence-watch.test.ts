import { expect, test } from "vitest";
import { SilenceWatch } from "./silence-watch.ts";
import { ManualEnvironment } from "./testing/manual-environment.ts";

function watching(periodMs: number) {
  const env = new ManualEnvironment();
  const told: string[] = [];
  const watch = new SilenceWatch(env, periodMs, {
    overdue: (misses) => told.push(`${env.monoMs()}: missed ${misses}`),
    resumed: () => told.push(`${env.monoMs()}: back`),
  });
  return { env, told, watch };
}

test("nothing is told while it is heard in time", () => {
  const { env, told, watch } = watching(100);
  for (let i = 0; i < 20; i++) {
    env.advance(90);
    watch.heard();
  }
  expect(told).toEqual([]);
});

test("each period in silence is counted from the last time it was heard, and its return is told once", () => {
  const { env, told, watch } = watching(100);
  env.advance(50);
  watch.heard();
  env.advance(260);
  watch.heard();
  watch.heard();
  env.advance(90);
  expect(told).toEqual(["150: missed 1", "250: missed 2", "310: back"]);
});

test("a closed watch stays silent", () => {
  const { env, told, watch } = watching(100);
  watch.close();
  env.advance(1000);
  expect(told).toEqual([]);
});
