import { createRequire } from "node:module";
import type * as enums from "@bacnet-js/client/dist/lib/enum.js";

/** The standard's own names, lower case with hyphens, and their numbers; the library keeps the list. */
export interface Vocabulary {
  /** The name, or the number as text where nobody standardised one. */
  name(value: number): string;
  /** The number of a name, or of a number written out; undefined when it is neither. */
  number(name: string): number | undefined;
  readonly names: readonly string[];
}

const load = createRequire(import.meta.url);
// A hundred and seventy thousand characters of numbers: whoever parses a first address loads them, and not every gateway that starts.
const lists = () => load("@bacnet-js/client/dist/lib/enum.js") as typeof enums;

export const objectTypes = vocabulary(() => lists().ObjectType);
export const properties = vocabulary(() => lists().PropertyIdentifier);

/** The list is asked for at the first look-up. */
export function vocabulary(list: () => object): Vocabulary {
  let known: Both | undefined;
  const both = (): Both => (known ??= bothWays(list()));
  return {
    name: (value) => both().byNumber.get(value) ?? String(value),
    number: (name) => both().byName.get(name) ?? (/^\d{1,7}$/.test(name) ? Number(name) : undefined),
    get names() {
      return [...both().byName.keys()];
    },
  };
}

interface Both {
  readonly byNumber: ReadonlyMap<number, string>;
  readonly byName: ReadonlyMap<string, number>;
}

function bothWays(numbers: object): Both {
  const byNumber = new Map<number, string>();
  const byName = new Map<string, number>();
  for (const [word, value] of Object.entries(numbers)) {
    if (typeof value !== "number") continue;
    const name = word.toLowerCase().replaceAll("_", "-");
    byName.set(name, value);
    if (!byNumber.has(value)) byNumber.set(value, name);
  }
  return { byNumber, byName };
}
