import { readFileSync, writeFileSync } from "node:fs";
import { siteTables, withTables } from "./readme.ts";

// Renews the tables of this folder's README: node src/config/write-readme.ts
const file = new URL("README.md", import.meta.url);
writeFileSync(file, withTables(readFileSync(file, "utf8"), siteTables()));
