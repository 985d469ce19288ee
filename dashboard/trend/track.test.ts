import { describe, expect, it } from "vitest";
import { quality } from "#msgs/quality.ts";
import { drawn, gapAfterUs, openTrack, type Dot } from "./track.ts";

const s = 1_000_000;
const dot = (second: number, value: number | null, byte: number = quality.good): Dot => ({ at: second * s, value, quality: byte });

describe("drawn", () => {
  it("breaks the line where the point was silent for too long, and marks the gap", () => {
    const { x, good, spans } = drawn([dot(1, 5), dot(2, 6), dot(9, 7)], 0, 10 * s, 2 * s);
    expect(good).toEqual([5, 6, null, 7]);
    expect(x).toHaveLength(4);
    expect(spans).toContainEqual({ kind: "gap", from: 2 * s, to: 9 * s });
  });

  it("shows the time since the last dot as a gap, so that a frozen trend cannot look like a calm one", () => {
    expect(drawn([dot(1, 5)], 0, 10 * s, 2 * s).spans).toContainEqual({ kind: "gap", from: 1 * s, to: 10 * s });
  });

  it("never draws a bad value and never draws an uncertain one as good", () => {
    const dots = [dot(1, 5), dot(2, 6, quality.bad), dot(3, 7, quality.uncertainStale), dot(4, 8), dot(5, 9)];
    const { good, uncertain, spans } = drawn(dots, 0, 5 * s, 2 * s);
    expect(good).toEqual([5, null, null, 8, 9]);
    // The way from the uncertain dot to the next good one is uncertain too.
    expect(uncertain).toEqual([null, null, 7, 8, null]);
    expect(spans.map(({ kind }) => kind)).toEqual(["bad", "uncertain"]);
  });

  it("shows a point that went bad as bad until it is heard again, not as a gap", () => {
    const { spans } = drawn([dot(1, 5), dot(2, null, quality.badLink), dot(9, 6)], s, 9 * s, 2 * s);
    expect(spans).toEqual([{ kind: "bad", from: 2 * s, to: 9 * s }]);
  });

  it("is one gap from edge to edge when nothing is known", () => {
    expect(drawn([], 0, 10 * s, s).spans).toEqual([{ kind: "gap", from: 0, to: 10 * s }]);
  });

  it("never breaks the line of a point that speaks only when it changes", () => {
    const { good, spans } = drawn([dot(1, 5), dot(500, 6)], 0, 600 * s, Number.POSITIVE_INFINITY);
    expect(good).toEqual([5, 6]);
    expect(spans.filter(({ kind, from }) => kind === "gap" && from >= s)).toEqual([]);
  });

  it("lets the line enter from the left edge", () => {
    expect(drawn([dot(1, 5), dot(2, 6), dot(3, 7)], 2.5 * s, 4 * s, 2 * s).good).toEqual([6, 7]);
  });
});

describe("a track", () => {
  it("keeps a good dot good when the gateway later lowers the quality of the value that stands", () => {
    const track = openTrack();
    track.add(dot(1, 5));
    track.add(dot(1, null, quality.badLink), 4 * s);
    expect(track.dots()).toEqual([dot(1, 5), { at: 4 * s, value: null, quality: quality.badLink }]);
  });

  it("takes the same sample twice once", () => {
    const track = openTrack();
    track.add(dot(1, 5));
    track.add(dot(1, 5));
    expect(track.dots()).toHaveLength(1);
  });

  it("puts history before what came live meanwhile", () => {
    const track = openTrack();
    track.add(dot(3, 7));
    track.merge([dot(1, 5), dot(2, 6), dot(3, 0)]);
    expect(track.dots().map(({ value }) => value)).toEqual([5, 6, 7]);
  });

  it("lets the oldest go when it is full", () => {
    const track = openTrack();
    track.merge(Array.from({ length: 25_000 }, (_, i) => dot(i, i)));
    expect(track.dots()).toHaveLength(20_000);
    expect(track.dots()[0]?.value).toBe(5_000);
  });
});

describe("how long a point may be silent", () => {
  const none = { binding: {} };
  it("is what it declares", () => {
    expect(gapAfterUs({ staleAfterMs: 700, binding: { pollMs: 5_000 } }, [])).toBe(700_000);
  });
  it("is four polls, and never less than two seconds", () => {
    expect(gapAfterUs({ binding: { pollMs: 1_000 } }, [])).toBe(4 * s);
    expect(gapAfterUs({ binding: { pollMs: 100 } }, [])).toBe(2 * s);
  });
  it("is learnt where nothing is declared, and without end where little was heard", () => {
    expect(gapAfterUs(none, [dot(1, 1), dot(60, 2)])).toBe(Number.POSITIVE_INFINITY);
    expect(
      gapAfterUs(
        none,
        Array.from({ length: 20 }, (_, i) => dot(i * 5, i)),
      ),
    ).toBe(20 * s);
  });
});
