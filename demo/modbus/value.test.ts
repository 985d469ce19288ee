import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue, type RegisterType, registersOf, type WordOrder } from "./value.ts";

const orders: readonly WordOrder[] = ["abcd", "cdab", "badc", "dcba"];

function hex(type: RegisterType, order: WordOrder, value: number | string, length = 1): string {
  const bytes = Buffer.alloc(2 * registersOf(type, length));
  encodeValue(bytes, 0, type, order, value, length);
  return bytes.toString("hex");
}

describe("a value in registers", () => {
  it("lies in the order its name says", () => {
    expect(orders.map((order) => hex("u32", order, 0x0a0b0c0d))).toEqual(["0a0b0c0d", "0c0d0a0b", "0b0a0d0c", "0d0c0b0a"]);
    expect(orders.map((order) => hex("u64", order, 0x01020304050607))).toEqual([
      "0001020304050607",
      "0607040502030001",
      "0100030205040706",
      "0706050403020100",
    ]);
    expect(hex("f32", "abcd", 1.5)).toBe("3fc00000");
    expect(hex("bcd16", "abcd", 1987)).toBe("1987");
    expect(hex("bcd32", "cdab", 12_345_678)).toBe("56781234");
    expect(hex("string", "abcd", "FM-2", 3)).toBe("464d2d320000");
  });

  it("reads back as it was written, in every order", () => {
    const samples: readonly [RegisterType, readonly number[]][] = [
      ["u16", [0, 1, 65_535]],
      ["s16", [-32_768, -1, 32_767]],
      ["u32", [0, 4_294_967_295]],
      ["s32", [-2_147_483_648, -7, 2_147_483_647]],
      ["u64", [0, Number.MAX_SAFE_INTEGER]],
      ["s64", [-Number.MAX_SAFE_INTEGER, 5]],
      ["f32", [-0.5, 600.25]],
      ["f64", [Math.PI, -1e300]],
      ["bcd16", [0, 9999]],
      ["bcd32", [1, 99_999_999]],
    ];
    for (const [type, values] of samples) {
      for (const order of orders) {
        for (const value of values) {
          const bytes = Buffer.from(hex(type, order, value), "hex");
          expect(decodeValue(bytes, 0, type, order), `${type} ${order}`).toBe(value);
        }
      }
    }
  });

  it("is held within what its registers can say", () => {
    expect(hex("u16", "abcd", -3)).toBe("0000");
    expect(hex("u16", "abcd", 70_000)).toBe("ffff");
    expect(hex("s16", "abcd", 40_000)).toBe("7fff");
    expect(hex("bcd16", "abcd", 12_345)).toBe("9999");
  });

  it("is no value when a BCD digit is above nine", () => {
    expect(decodeValue(Buffer.from("1a00", "hex"), 0, "bcd16", "abcd")).toBeNull();
  });
});
