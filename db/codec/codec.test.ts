import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JournalEntry } from "#src/contract/store.ts";
import type { Samples } from "#msgs/sample.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import { decodeExact, encodeExact, jsonOf } from "./exact.ts";
import { Parcel, isIntact, openParcel } from "./parcel.ts";

const runs = process.env.PLAINVIEW_SOAK ? 5_000 : 200;
const through = (entry: JournalEntry) => decodeEntry(encodeEntry(entry));

const samples = fc
  .record({
    rows: fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.double(), fc.integer(), fc.nat(255)), { maxLength: 40 }),
    text: fc.option(fc.string({ unit: "binary" })),
    origin: fc.constantFrom("asked", "pushed", "retained", "historical" as const),
    stream: fc.string(),
    askedAt: fc.option(fc.nat()),
    resume: fc.option(fc.record({ source: fc.string(), token: fc.string() })),
  })
  .map(({ rows, text, origin, stream, askedAt, resume }): Samples => ({
    keys: Uint32Array.from(rows, (row) => row[0]),
    values: Float64Array.from(rows, (row) => row[1]),
    sourceTimes: Float64Array.from(rows, (row) => row[2]),
    qualities: Uint8Array.from(rows, (row) => row[3]),
    origin: origin as Samples["origin"],
    stream,
    ...(askedAt !== null && { askedAt }),
    ...(resume && { resume }),
    ...(text !== null && rows.length > 0 && { texts: new Map([[0, text]]), codes: new Map([[rows.length - 1, 0x80340000]]) }),
  }));

describe("stored entries", () => {
  test("a batch of samples comes back as it was, to the bit", () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.nat(), (batch, at, seq) => {
        const entry: JournalEntry = { kind: "fact", fact: { at, seq, kind: "samples", samples: batch } };
        expect(through(entry)).toEqual(entry);
      }),
      { numRuns: runs },
    );
  });

  test("not-a-number and minus zero survive in batches and in details", () => {
    const batch = {
      keys: new Uint32Array(2),
      values: new Float64Array([-0, Number.NaN]),
      sourceTimes: new Float64Array(2),
      qualities: new Uint8Array(2),
    };
    const back = through({ kind: "fact", fact: { at: 1, seq: 1, kind: "samples", samples: { ...batch, origin: "pushed", stream: "a" } } });
    if (back.kind !== "fact" || back.fact.kind !== "samples") throw new Error("not a batch");
    expect(Object.is(back.fact.samples.values[0], -0)).toBe(true);
    expect(back.fact.samples.values[1]).toBeNaN();
    const derived: JournalEntry = {
      kind: "derived",
      derivation: { at: 1, seq: 1, tap: "t", subject: "s", state: "x", detail: { a: -0, b: Number.NaN, c: undefined } },
    };
    expect(through(derived)).toStrictEqual(derived);
  });

  test("any fact, derivation or checkpoint of plain data comes back as it was", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ withMap: true, withTypedArray: true, withNullPrototype: false })), (data) => {
        const fact: JournalEntry = { kind: "fact", fact: { at: 5, seq: 7, kind: "event", type: "t", data } };
        expect(through(fact)).toEqual(fact);
        const checkpoint: JournalEntry = {
          kind: "checkpoint",
          checkpoint: { at: 5, seq: 7, version: "1", taps: { latest: data }, deadlines: [[1, "t", "k"]] },
        };
        expect(through(checkpoint)).toEqual(checkpoint);
      }),
      { numRuns: runs },
    );
  });

  test("a plant of many points is the same JSON, though it is told in pieces", () => {
    const points = Array.from({ length: 2_500 }, (_, i) => ({ id: `tank/ä${i}`, key: i + 1 }));
    for (const plant of [
      { kind: "config", points, none: [], rules: [1] },
      { points: points.slice(0, 2_000) },
      { points: points.slice(0, 1_001) },
    ]) {
      const body = encodeExact(plant);
      expect(Buffer.from(jsonOf(body)).toString()).toBe(JSON.stringify(plant));
      expect(decodeExact(body)).toEqual(plant);
    }
    expect(Buffer.from(jsonOf(encodeExact({ a: Number.NaN }))).toString()).toBe('{"a":null}');
  });

  test("bytes that are no entry are refused as damaged", () => {
    const stored = encodeEntry({ kind: "fact", fact: { at: 1, seq: 1, kind: "tick" } });
    for (const body of [new Uint8Array(0), new Uint8Array([1, 2, 3]), stored.body.subarray(0, -1)]) {
      expect(() => decodeEntry({ ...stored, body })).toThrow(expect.objectContaining({ code: "damaged" }));
      expect(() => decodeEntry({ ...stored, kind: 1, body })).toThrow(expect.objectContaining({ code: "damaged" }));
    }
  });

  test("a parcel gives back its entries, and one that was cut is refused", () => {
    const parcel = new Parcel();
    const entries = Array.from({ length: 300 }, (_, i) =>
      encodeEntry({ kind: "fact", fact: { at: i, seq: i, kind: "event", type: "x".repeat(i), data: {} } }),
    );
    for (const entry of entries) parcel.add(entry);
    const bytes = parcel.take();
    expect(parcel.length).toBe(0);
    const back = [...openParcel(bytes)];
    expect(back.map(decodeEntry)).toEqual(entries.map(decodeEntry));
    expect(isIntact({ ...back[0]!, crc: 1 })).toBe(false);
    expect(() => [...openParcel(bytes.subarray(0, -3))]).toThrow(expect.objectContaining({ code: "damaged" }));
  });
});
