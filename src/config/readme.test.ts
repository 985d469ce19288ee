import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fakeModule } from "./fake-module.ts";
import { optionTable } from "./option-table.ts";
import { siteTables, withTables } from "./readme.ts";

const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");

describe("the README", () => {
  it("shows every setting there is (node src/config/write-readme.ts renews it)", () => {
    expect(withTables(readme, siteTables())).toBe(readme);
  });
});

describe("an option table", () => {
  it("names each setting, what to write, what it is otherwise, and what it does", () => {
    expect(optionTable(fakeModule.link).split("\n")).toEqual([
      "| setting | what to write | default | what it does |",
      "|---|---|---|---|",
      "| `host` | text that is not empty | required | Where it is. |",
      "| `port` | a whole number from 1 to 65535 | `502` | Its port. |",
      "| `password` | text |  | What it wants to hear. |",
    ]);
  });
});
