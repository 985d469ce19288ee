import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { withTables } from "#src/config/readme.ts";
import { cliProgram } from "./program.ts";
import { cliTables } from "./readme.ts";

it("the README shows every command and exit code (node src/cli/write-readme.ts renews it)", async () => {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  expect(withTables(readme, cliTables(await cliProgram()))).toBe(readme);
});
