import { optionTable } from "./option-table.ts";
import { AdapterOwn, DeviceOwn, PointEntrySchema, SiteRest } from "./schema.ts";

/** Everything a site file may say, as the tables of this folder's README. */
export function siteTables(): Readonly<Record<string, string>> {
  const sections = Object.entries(SiteRest.properties).map(([name, schema]) => [name, optionTable(schema)] as const);
  return Object.fromEntries([
    ...sections,
    ["adapter", optionTable(AdapterOwn)],
    ["device", optionTable(DeviceOwn)],
    ["point", optionTable(PointEntrySchema)],
  ]);
}

/** Puts each table between the markers of its name; throws when a marker is missing, so that no table is forgotten. */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((whole, [name, table]) => {
    const begin = `<!-- table: ${name} -->`;
    const end = `<!-- /table: ${name} -->`;
    const from = whole.indexOf(begin);
    const to = whole.indexOf(end);
    if (from < 0 || to < from) throw new Error(`the README has no place for ${name}: ${begin} … ${end}`);
    return `${whole.slice(0, from + begin.length)}\n${table}\n${whole.slice(to)}`;
  }, text);
}
