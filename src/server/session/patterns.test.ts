import { describe, expect, it } from "vitest";
import { matcher } from "./patterns.ts";

describe("patterns", () => {
  const cases: readonly [pattern: string, point: string, is: boolean][] = [
    ["**", "a", true],
    ["**", "a/b/c", true],
    ["north/*/flow", "north/p-1/flow", true],
    ["north/*/flow", "north/p-1/x/flow", false],
    ["north/*/flow", "north/flow", false],
    ["north/**", "north/p-1/x/flow", true],
    ["north/**", "north", true],
    ["north/**", "northern/p-1", false],
    ["**/flow", "flow", true],
    ["**/flow", "a/b/flow", true],
    ["**/b/**/d", "a/b/c/c/d", true],
    ["**/b/**/d", "a/c/c/d", false],
    ["north/v-*/position", "north/v-101/position", true],
    ["north/v-*1/position", "north/v-1/position", true],
    ["north/v-*1*/position", "north/v-/position", false],
    ["north/v-1", "north/v-1", true],
    ["north/v.1", "north/v-1", false],
    ["*", "a/b", false],
  ];
  for (const [pattern, point, is] of cases) {
    it(`${pattern} ${is ? "means" : "does not mean"} ${point}`, () => expect(matcher([pattern])(point)).toBe(is));
  }

  it("many ** and a long id stay quick", () => {
    const means = matcher([`${"**/a/".repeat(30)}b`]);
    const begin = performance.now();
    expect(means("a/".repeat(90) + "c")).toBe(false);
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
