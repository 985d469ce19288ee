import type { Imported } from "#src/contract/adapter.ts";
import { importCsv } from "./csv.ts";
import { importEde, isEde } from "./ede.ts";

/** An EDE list, with the list of its state texts where there is one, or a table with headings of our own. */
export function importFile([points = "", stateTexts]: readonly string[]): Imported {
  if (isEde(points)) return importEde({ points, ...(stateTexts !== undefined && { stateTexts }) });
  return importCsv(points);
}
