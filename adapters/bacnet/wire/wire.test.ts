import { decodeTagNumberAndValue } from "@bacnet-js/client/dist/lib/asn1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBvlc, encodeBvlc } from "./bvlc.ts";
import { dateTimeOf, formatDate, formatTimeOfDay, instantOf, parseDate, parseTimeOfDay } from "./date-time.ts";
import { Malformed } from "./malformed.ts";
import { decodeNpdu, encodeNpdu } from "./npdu.ts";
import { TagReader } from "./tag-reader.ts";
import { TagWriter } from "./tag-writer.ts";
import type { BacnetValue } from "./value.ts";

const primitive: fc.Arbitrary<BacnetValue> = fc.oneof(
  fc.constant<BacnetValue>({ type: "null" }),
  fc.boolean().map((value): BacnetValue => ({ type: "boolean", value })),
  fc.maxSafeNat().map((value): BacnetValue => ({ type: "unsigned", value })),
  fc.maxSafeInteger().map((value): BacnetValue => ({ type: "signed", value })),
  fc.float().map((value): BacnetValue => ({ type: "real", value })),
  fc.double().map((value): BacnetValue => ({ type: "double", value })),
  fc.uint8Array({ maxLength: 400 }).map((value): BacnetValue => ({ type: "octets", value })),
  fc.string({ unit: "grapheme", maxLength: 300 }).map((value): BacnetValue => ({ type: "text", value })),
  fc.array(fc.boolean(), { maxLength: 70 }).map((value): BacnetValue => ({ type: "bits", value })),
  fc.nat(0xffff_ffff).map((value): BacnetValue => ({ type: "enumerated", value })),
  fc.tuple(fc.nat(1023), fc.nat(0x3f_ffff)).map(([type, instance]): BacnetValue => ({ type: "object", value: { type, instance } })),
  fc.tuple(fc.nat(254), fc.uint8Array({ maxLength: 20 })).map(([tag, value]): BacnetValue => ({ type: "context", tag, value })),
);
const value = fc.letrec<{ value: BacnetValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    primitive,
    fc.tuple(fc.nat(254), fc.array(tie("value"), { maxLength: 4 })).map(([tag, items]): BacnetValue => ({ type: "group", tag, items })),
  ),
})).value;

const read = (bytes: Buffer) => {
  const reader = new TagReader(bytes);
  const values: BacnetValue[] = [];
  while (!reader.atEnd) values.push(reader.value());
  return values;
};

describe("tagged values", () => {
  it("come back as they were written, nested or not", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        expect(read(new TagWriter(8).values(values).bytes())).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it("cut off anywhere are an error, never a value that was not there", () => {
    fc.assert(
      fc.property(value, fc.nat(), (one, cut) => {
        const bytes = new TagWriter(8).value(one).bytes();
        const at = cut % bytes.length;
        if (at > 0) expect(() => read(bytes.subarray(0, at))).toThrow(Malformed);
      }),
    );
  });

  it("beyond 2^53 keep every digit", () => {
    const bytes = Buffer.from("2508ffffffffffffffff", "hex");
    expect(read(bytes)).toEqual([{ type: "unsigned", value: 0xffff_ffff_ffff_ffffn }]);
    expect(new TagWriter(8).value({ type: "unsigned", value: 0xffff_ffff_ffff_ffffn }).bytes()).toEqual(bytes);
    expect(read(new TagWriter(8).value({ type: "signed", value: -(2n ** 63n) }).bytes())).toEqual([
      { type: "signed", value: -(2n ** 63n) },
    ]);
  });

  it("end where the message ends, which is why the library's own tag reader is not used", () => {
    // An unsigned of four octets of which one has arrived: the library takes the header for good.
    const cut = Buffer.from("2401", "hex");
    expect(decodeTagNumberAndValue(cut, 0)).toMatchObject({ tagNumber: 2, value: 4 });
    expect(() => read(cut)).toThrow("does not fit");
  });

  it("in other character sets are read as what they are", () => {
    expect(read(Buffer.from("7505 04 00c40062".replaceAll(" ", ""), "hex"))).toEqual([{ type: "text", value: "Äb" }]);
    expect(read(Buffer.from("7303c462".replace("73", "73").replace("03", "05"), "hex"))).toEqual([{ type: "text", value: "Äb" }]);
    expect(read(Buffer.from("7505030001f600", "hex"))).toEqual([{ type: "text", value: "😀" }]);
  });
});

describe("envelopes", () => {
  it("of BACnet/IP may be padded, and may not claim more than arrived", () => {
    const bytes = encodeBvlc({ function: "forwarded", from: "10.1.2.3:47809", npdu: Buffer.from("0100", "hex") });
    expect(decodeBvlc(Buffer.concat([bytes, Buffer.alloc(7)]))).toEqual({
      function: "forwarded",
      from: "10.1.2.3:47809",
      npdu: Buffer.from("0100", "hex"),
    });
    expect(() => decodeBvlc(bytes.subarray(0, bytes.length - 1))).toThrow(Malformed);
  });

  it("of the network layer keep both stations", () => {
    const npdu = {
      destination: { network: 2001, mac: Uint8Array.of(11) },
      source: { network: 7, mac: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      hops: 254,
      expectingReply: true,
      priority: 2,
      payload: Buffer.from("abcd", "hex"),
    };
    expect(decodeNpdu(encodeNpdu(npdu))).toEqual(npdu);
  });
});

describe("times", () => {
  it("survive the change to summer time and back in the device's zone", () => {
    const zone = { timeZone: "Europe/Berlin" };
    for (const iso of [
      "2026-03-29T00:59:59Z",
      "2026-03-29T01:00:00Z",
      "2026-07-01T12:00:00Z",
      "2026-10-25T02:30:00Z",
      "2024-02-29T23:59:59Z",
    ]) {
      const at = Date.parse(iso) * 1000;
      expect(instantOf(dateTimeOf(at, zone), zone), iso).toBe(at);
    }
  });

  it("with wildcards are patterns, not instants", () => {
    expect(instantOf({ date: { month: 5, day: 1 }, time: { hour: 3 } }, { utcOffsetMinutes: 0 })).toBeUndefined();
    for (const text of ["2026-12-24", "*-12-24", "*-odd-last", "*-*-* mon"]) expect(formatDate(parseDate(text)!)).toBe(text);
    for (const text of ["07:30", "07:30:15", "07:30:15.25", "*:*"]) expect(formatTimeOfDay(parseTimeOfDay(text)!)).toBe(text);
    expect(parseTimeOfDay("24:00")).toBeUndefined();
    expect(parseDate("2026-13-99")).toBeUndefined();
  });
});
