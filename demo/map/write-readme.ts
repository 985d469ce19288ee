import { readFileSync, writeFileSync } from "node:fs";
import { readmeTables } from "./tables.ts";

/** Puts the tables into README.md between their marks: `node demo/map/write-readme.ts && npx prettier --write demo/README.md`. */
const path = new URL("../README.md", import.meta.url);
let text = readFileSync(path, "utf8");
for (const [name, table] of Object.entries(readmeTables())) {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no place for ${name}`);
  text = `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}
writeFileSync(path, text);
