import { describe, expect, it } from "vitest";
import type { GapFact } from "#msgs/fact.ts";
import { quality } from "#msgs/quality.ts";
import { samplesOf, type SampleRow } from "#msgs/sample.ts";
import { configOf } from "#test/fakes/facts.ts";
import { open } from "./open.ts";
import { standardTaps } from "./standard.ts";

const lostAt = (sourceTime: number): Partial<SampleRow> => ({ value: null, quality: quality.badNoValue, sourceTime });
const at = (sourceTime: number): Partial<SampleRow> => ({ sourceTime });

function timeline() {
  const taps = standardTaps();
  const opened = open({ id: "t", kind: "live", from: 1_000, taps: taps.factories });
  opened.into.publish(configOf(2));
  const page = (token: string, ...rows: Partial<SampleRow>[]): void => {
    const full = rows.map((row) => ({ key: 1, value: 1, quality: quality.good, sourceTime: 0, ...row }));
    const samples = samplesOf(full, { origin: "historical", stream: "l/a/p-1", resume: { source: "l/a/p-1", token } });
    opened.into.publish({ kind: "samples", samples });
  };
  const gap = (stream: string, from: number, to: number, lost: GapFact["lost"] = "unknown"): void =>
    opened.into.publish({ kind: "gap", stream, from, to, lost, why: "" });
  return { opened, taps, page, gap };
}

describe("where a source stands", () => {
  it("is the last token on record, also of a page without rows; no latest value comes of it", () => {
    const { taps, page } = timeline();
    expect(taps.resume.standingOf("l/a/p-1")).toBeUndefined();
    page("1", at(10), at(20));
    page("2");
    expect(taps.resume.standingOf("l/a/p-1")).toEqual({ token: "2", at: 1_000, told: [{ from: 10, to: 20 }] });
    expect(taps.latest.get("p-1")).toBeUndefined();
  });

  it("what it told goes on from page to page, and begins anew where it lost rows itself", () => {
    const { taps, page } = timeline();
    page("1", at(10), { ...at(20), value: null, quality: quality.badDevice });
    page("2", at(30), lostAt(31), at(50));
    page("3", at(60), lostAt(61));
    page("4", at(70));
    expect(taps.resume.standingOf("l/a/p-1")!.told).toEqual([
      { from: 10, to: 30 },
      { from: 50, to: 60 },
      { from: 70, to: 70 },
    ]);
  });

  it("comes back from a checkpoint, with what is missing", () => {
    const { opened, taps, page, gap } = timeline();
    page("7", at(10), at(20));
    gap("*", 5, 25);
    gap("l/a/p-1", 10, 20, 0);
    const other = timeline();
    other.opened.restore(opened.save());
    expect(other.taps.resume.standingOf("l/a/p-1")).toEqual(taps.resume.standingOf("l/a/p-1"));
    expect(other.taps.resume.missing("l/a/p-1")).toEqual([
      { from: 5, to: 10 },
      { from: 20, to: 25 },
    ]);
  });
});

describe("what is missing", () => {
  it("of a point is what was declared for it, its device, its link or everything, less what was filled of any of these", () => {
    const { taps, gap } = timeline();
    gap("*", 0, 10);
    gap("l", 20, 30);
    gap("l/a", 40, 50, 3);
    gap("l/ab", 60, 70);
    gap("l/a", 44, 46, 0);
    gap("l/a/p-1", 0, 10, 0);
    gap("l/a/p-2", 20, 30, 0);
    expect(taps.resume.missing("l/a/p-1")).toEqual([
      { from: 20, to: 30 },
      { from: 40, to: 44 },
      { from: 46, to: 50 },
    ]);
    expect(taps.resume.missing("l/a")).toHaveLength(4);
    expect(taps.resume.missing("m")).toEqual([{ from: 0, to: 10 }]);
  });

  it("what was filled before a gap was declared fills nothing of it", () => {
    const { taps, gap } = timeline();
    gap("l/a", 0, 10, 0);
    gap("l/a", 0, 10);
    expect(taps.resume.missing("l/a")).toEqual([{ from: 0, to: 10 }]);
  });

  it("is remembered of the newest gaps only", () => {
    const { taps, gap } = timeline();
    for (let i = 0; i < 400; i++) gap("l", i * 10, i * 10 + 5);
    const missing = taps.resume.missing("l");
    expect(missing).toHaveLength(256);
    expect(missing.at(-1)).toEqual({ from: 3_990, to: 3_995 });
  });
});
