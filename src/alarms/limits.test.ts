import { describe, expect, it } from "vitest";
import type { LimitRule } from "#msgs/alarm.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { LimitsTap, limitTable } from "./limits.ts";

const rule: LimitRule = {
  id: "high",
  point: "p-1",
  when: "above",
  limit: 80,
  deadband: 5,
  onDelayMs: 500,
  offDelayMs: 200,
  priority: "high",
  message: "too high",
};

function watching(rules: readonly LimitRule[]) {
  const taps = standardTaps();
  const limits = new LimitsTap(taps.plant);
  const opened = open({ id: "t", kind: "live", from: 0, taps: [...taps.factories, limits.factory] });
  const lines: string[] = [];
  opened.timeline.bus.onDerived(({ at, tap, subject, state }) => {
    if (tap === "limits") lines.push(`${at / 1000} ${subject} ${state}`);
  });
  opened.into.publish(configOf(2, {}, rules), 1);
  const value = (ms: number, number: number | null, quality = 0) =>
    opened.into.publish(samplesFact([{ key: 1, value: number, quality }]), ms * 1000);
  return { opened, lines, value, limits };
}

describe("a limit rule", () => {
  it("becomes active after its delay, and normal after the value has been back beyond the deadband for its delay", () => {
    const { lines, value, limits, opened } = watching([rule]);
    value(1_000, 81);
    value(1_100, 90);
    opened.advance(1_600_000);
    expect(limits.active()).toHaveLength(1);
    value(2_000, 78);
    value(2_100, 74);
    value(2_400, 60);
    expect(lines).toEqual(["1500 high active", "2300 high normal"]);
  });

  it("forgets a value that came back before the delay had passed", () => {
    const { lines, value } = watching([rule]);
    value(1_000, 81);
    value(1_400, 79);
    value(2_000, 10);
    expect(lines).toEqual([]);
  });

  it("is not moved by a bad value", () => {
    const { lines, value } = watching([{ ...rule, onDelayMs: 0 }]);
    value(1_000, null, 129);
    value(1_100, 99, 130);
    expect(lines).toEqual([]);
  });

  it("watches downward too", () => {
    const { lines, value } = watching([{ ...rule, when: "below", limit: 10, deadband: 2, onDelayMs: 0, offDelayMs: 0 }]);
    value(1_000, 9);
    value(1_100, 11);
    value(1_200, 12);
    expect(lines).toEqual(["1000 high active", "1200 high normal"]);
  });

  it("answers every event in every state", () => {
    for (const row of Object.values(limitTable)) expect(Object.keys(row).sort()).toEqual(["back", "beyond", "delay"]);
  });
});
