import { readFileSync, writeFileSync } from "node:fs";
import { withTables } from "#src/config/readme.ts";
import { cliProgram } from "./program.ts";
import { cliTables } from "./readme.ts";

// Renews the tables of this folder's README: node src/cli/write-readme.ts
const file = new URL("README.md", import.meta.url);
writeFileSync(file, withTables(readFileSync(file, "utf8"), cliTables(await cliProgram())));
