import { expect, it } from "vitest";
import { valueText } from "./table.ts";

it("a value is shown with all its digits, but for those a 32-bit float or the arithmetic of doubles made up", () => {
  expect(valueText(Math.fround(21.3), {})).toBe("21.3");
  expect(valueText(1_234_567.5, {})).toBe("1234567.5");
  expect(valueText(0.1 + 0.2, {})).toBe("0.3");
  expect(valueText(123_456_789.12, { unit: "kW.h" })).toBe("123456789.12 kW.h");
  expect(valueText(-9_007_199_254_740.992, {})).toBe("-9007199254740.99");
  expect(valueText(9_007_199_254_740_991, {})).toBe("9007199254740991");
});
