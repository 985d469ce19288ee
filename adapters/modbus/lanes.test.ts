import { describe, expect, it } from "vitest";
import { Ask } from "./ask.ts";
import { Lanes } from "./lanes.ts";
import { readQuestion } from "./pdu.ts";

function ask(unit: number, urgent = false): Ask {
  return new Ask({ unit, question: readQuestion("holding", 0, 1), timeoutMs: 100, urgent, settle: () => {} });
}

function fill(lanes: Lanes, unit: number, count: number, urgent = false): void {
  for (let index = 0; index < count; index++) lanes.add(ask(unit, urgent));
}

function takeAll(lanes: Lanes, now = 0): Ask[] {
  const taken: Ask[] = [];
  for (let next = lanes.next(now); next; next = lanes.next(now)) taken.push(next);
  return taken;
}

describe("the lanes of a link", () => {
  it("units take turns, however much one of them has waiting", () => {
    const lanes = new Lanes(6);
    fill(lanes, 1, 1000);
    fill(lanes, 2, 2);
    fill(lanes, 3, 2);
    expect(takeAll(lanes).map(({ unit }) => unit)).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it("a unit gets no more at once than it can take, and the link no more than it can take", () => {
    const lanes = new Lanes(8);
    lanes.belong(new Map([[1, 1]]));
    fill(lanes, 1, 5);
    const [first] = takeAll(lanes);
    expect(takeAll(lanes)).toEqual([]);
    lanes.finish(first!, "answered");
    expect(takeAll(lanes)).toHaveLength(1);
    fill(lanes, 2, 50);
    expect(takeAll(lanes)).toHaveLength(7);
  });

  it("a unit may be given more at once later, and less", () => {
    const lanes = new Lanes(8);
    lanes.belong(new Map([[1, 1]]));
    fill(lanes, 1, 20);
    const flying = takeAll(lanes);
    expect(flying).toHaveLength(1);
    lanes.belong(new Map([[1, 6]]));
    flying.push(...takeAll(lanes));
    expect(flying).toHaveLength(6);
    lanes.belong(new Map([[1, 2]]));
    for (const one of flying.splice(0, 4)) lanes.finish(one, "answered");
    expect(takeAll(lanes)).toEqual([]);
    lanes.finish(flying[0]!, "answered");
    expect(takeAll(lanes)).toHaveLength(1);
  });

  it("all are silent when every unit that belongs here and ever answered is, whatever one that left or was only scanned once said", () => {
    const lanes = new Lanes(1);
    const ends = (unit: number, how: "answered" | "silent") => {
      fill(lanes, unit, 1);
      lanes.finish(lanes.next(0)!, how);
    };
    lanes.belong(new Map([[1, 1], [2, 1]])); // prettier-ignore
    ends(1, "answered");
    ends(2, "answered");
    ends(7, "answered");
    ends(1, "silent");
    expect(lanes.allSilent()).toBe(false);
    lanes.belong(new Map([[1, 1]]));
    expect(lanes.allSilent()).toBe(true);
    lanes.belong(new Map([[1, 1], [2, 1]])); // prettier-ignore
    ends(2, "answered");
    expect(lanes.allSilent()).toBe(false);
  });

  it("a write goes before every waiting read, of its own unit and of others", () => {
    const lanes = new Lanes(1);
    fill(lanes, 1, 3);
    fill(lanes, 2, 3);
    const urgent = ask(2, true);
    lanes.add(urgent);
    expect(lanes.next(0)).toBe(urgent);
  });

  it("units that did not answer last time share half the places", () => {
    const lanes = new Lanes(4);
    for (const unit of [1, 2, 3, 4, 5, 6]) fill(lanes, unit, 1);
    for (const silent of takeAll(lanes)) lanes.finish(silent, "silent");
    for (const rest of takeAll(lanes)) lanes.finish(rest, "silent");
    for (const unit of [1, 2, 3, 4, 5, 6]) fill(lanes, unit, 3);
    expect(takeAll(lanes)).toHaveLength(2);
    fill(lanes, 7, 9);
    expect(takeAll(lanes).map(({ unit }) => unit)).toEqual([7, 7]);
  });

  it("a unit that answers again is trusted again", () => {
    const lanes = new Lanes(2);
    fill(lanes, 1, 2);
    const [first, second] = takeAll(lanes);
    lanes.finish(first!, "silent");
    fill(lanes, 1, 5);
    expect(takeAll(lanes)).toHaveLength(0);
    lanes.finish(second!, "answered");
    expect(takeAll(lanes)).toHaveLength(2);
  });

  it("a resting unit is passed over until its rest ends", () => {
    const lanes = new Lanes(1);
    fill(lanes, 1, 2);
    lanes.finish(lanes.next(0)!, "silent", 500);
    expect(lanes.next(499)).toBeUndefined();
    expect(lanes.restEnds(499)).toBe(500);
    expect(lanes.next(500)?.unit).toBe(1);
  });

  it("what is taken out is not sent, and the queue is bounded", () => {
    const lanes = new Lanes(1);
    const one = ask(1);
    lanes.add(one);
    lanes.remove(one);
    lanes.remove(one);
    expect(lanes.waiting).toBe(0);
    expect(lanes.next(0)).toBeUndefined();
    let added = 0;
    while (lanes.add(ask(1))) added++;
    expect(added).toBe(20_000);
    expect(lanes.drain()).toHaveLength(20_000);
    expect(lanes.waiting).toBe(0);
  });
});
