import fc from "fast-check";
import { expect, it } from "vitest";
import { scaled, unscaled } from "./scaling.ts";

it("shows the decimal a person calculates", () => {
  expect(scaled(25.38, { gain: 0.1, offset: 0 })).toBe(2.538);
  expect(scaled(253.8, { gain: 0.1, offset: 0 })).toBe(25.38);
  expect(scaled(3, { gain: 0.1, offset: 0 })).toBe(0.3);
  expect(scaled(650, { gain: 0.1, offset: -40.3 })).toBe(24.7);
  expect(scaled(21.7, { gain: 1.8, offset: 32 })).toBe(71.06);
  expect(scaled(7, { gain: 0.001, offset: 0.25 })).toBe(0.257);
});

it("leaves alone what is no short decimal", () => {
  expect(scaled(7, { gain: 1 / 3, offset: 0 })).toBe(7 * (1 / 3));
  const real = Math.fround(25.38);
  expect(scaled(real, { gain: 0.1, offset: 0 })).toBe(real * 0.1);
  expect(scaled(1e300, { gain: 0.1, offset: 0 })).toBe(1e300 * 0.1);
});

const gain = fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 0, max: 4 }), fc.boolean());
const offset = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 3 }));
const decimal = (digits: number, places: number): number => Number(`${digits}e-${places}`);

it("is the decimal arithmetic of whole numbers, for every gain, offset and register", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 }), gain, offset, (raw, [digits, places, down], [far, farPlaces]) => {
      const scale = { gain: decimal(down ? -digits : digits, places), offset: decimal(far, farPlaces) };
      // Beyond this a double has no bits left for the decimals.
      fc.pre((Math.abs(raw * scale.gain) + Math.abs(scale.offset)) * 10 ** Math.max(places, farPlaces) < 2 ** 50);
      const common = Math.max(places, farPlaces);
      const whole =
        BigInt(raw) * BigInt(down ? -digits : digits) * 10n ** BigInt(common - places) + BigInt(far) * 10n ** BigInt(common - farPlaces);
      expect(scaled(raw, scale)).toBe(Number(`${whole}e-${common}`) + 0);
    }),
    { numRuns: 3_000 },
  );
});

it("and what was read is written back to the bit", () => {
  const raw = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 32 }),
    fc
      .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 4 }))
      .map(([digits, places]) => decimal(digits, places)),
  );
  fc.assert(
    fc.property(raw, gain, offset, (before, [digits, places, down], [far, farPlaces]) => {
      const scale = { gain: decimal(down ? -digits : digits, places), offset: decimal(far, farPlaces) };
      expect(unscaled(scaled(before, scale), scale) + 0).toBe(before + 0);
    }),
    { numRuns: 3_000 },
  );
});

it("a value between two registers stays between them, to be refused with its own decimals", () => {
  expect(unscaled(0.35, { gain: 0.1, offset: 0 })).toBe(3.5);
  expect(unscaled(0.3, { gain: 0.1, offset: 0 })).toBe(3);
});
