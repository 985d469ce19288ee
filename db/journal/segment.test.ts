import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { entryKind, type StoredEntry } from "../codec/entry.ts";
import { createSegment, type WritableSegment } from "./segment.ts";

let folder: string;
let segment: WritableSegment;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plainview-segment-"));
  segment = createSegment(join(folder, "segment.sqlite"), "00000000-0000-4000-8000-000000000000", 1);
  segment.append(
    1,
    Array.from({ length: 9 }, (_, i) => entry(i)),
    new Map(),
  );
});
afterEach(() => {
  segment.close();
  rmSync(folder, { recursive: true, force: true });
});

const entry = (i: number): StoredEntry => ({ kind: entryKind.samples, at: i, seq: i, samples: 10, body: new Uint8Array(36) });

describe("a page of entries", () => {
  const positions = (...bounds: [number, number?]) => segment.read(1, ...bounds).map(({ position }) => position);

  test("ends with the entry that fills its bytes", () => {
    expect(positions(250)).toEqual([1, 2, 3]);
  });

  test("ends with the entry that fills its samples, when that comes first", () => {
    expect(positions(1_000_000, 40)).toEqual([1, 2, 3, 4]);
    expect(positions(250, 40)).toEqual([1, 2, 3]);
  });

  test("has one entry at least, however large, and all there are when nothing is full", () => {
    expect(positions(1, 1)).toEqual([1]);
    expect(positions(1_000_000, 1_000_000)).toHaveLength(9);
  });
});
