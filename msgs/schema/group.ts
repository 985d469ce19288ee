import { isGroup, regular } from "./plain.ts";
import { step, unreadable, type Findings, type Node, type Demand, type DemandOf } from "./demand.ts";

/**
 * What a node says about groups; anything else passes. Undefined when it says nothing. Only a group's own keys count, never
 * what every object inherits: `{}` has no `toString`, and `__proto__` in JSON is a key like any other.
 */
export function groupDemand(node: Node, demandOf: DemandOf): Demand | undefined {
  const parts = partsOf(node, demandOf);
  if (!parts) return undefined;
  const fits = fitting(parts);
  return {
    fits: (value) => !isGroup(value) || fits(value),
    explain: (value, path, told) => {
      if (isGroup(value)) explain(parts, value, path, told);
    },
  };
}

interface Parts {
  readonly required: readonly string[];
  readonly properties: ReadonlyMap<string, Demand>;
  readonly patterns: readonly { readonly matches: RegExp; readonly demand: Demand }[];
  /** What keys that are neither a property nor match a pattern are held against. Undefined: anything. */
  readonly others: Demand | undefined;
}

type Group = Readonly<Record<string, unknown>>;

function partsOf(node: Node, demandOf: DemandOf): Parts | undefined {
  const { required, properties, patternProperties, additionalProperties: others } = node;
  if ([required, properties, patternProperties, others].every((part) => part === undefined)) return undefined;
  if (required !== undefined && !(Array.isArray(required) && required.every((key) => typeof key === "string")))
    throw unreadable("required", "a list of keys");
  const isOpen = others === undefined || others === true || (isGroup(others) && Object.keys(others).length === 0);
  return {
    required: (required ?? []) as readonly string[],
    properties: new Map(entriesOf(node, "properties").map(([key, inner]) => [key, demandOf(inner)])),
    patterns: entriesOf(node, "patternProperties").map(([pattern, inner]) => ({ matches: regular(pattern), demand: demandOf(inner) })),
    others: isOpen ? undefined : demandOf(others),
  };
}

function entriesOf(node: Node, keyword: string): [string, unknown][] {
  const inner = node[keyword];
  if (inner === undefined) return [];
  if (!isGroup(inner)) throw unreadable(keyword, "schemas by their keys");
  return Object.entries(inner);
}

/** Goes through the keys there are, which are fewer than those there may be. */
function fitting({ required, properties, patterns, others }: Parts): (value: Group) => boolean {
  const known = new Map(
    [...properties.keys(), ...required].map((key) => [key, { fits: properties.get(key)?.fits, isRequired: required.includes(key) }]),
  );
  const wanted = new Set(required).size;
  const isPlain = patterns.length === 0;

  return (value) => {
    let found = 0;
    for (const key of Object.keys(value)) {
      const item = value[key];
      const entry = known.get(key);
      if (entry?.isRequired) found++;
      if (entry?.fits) {
        // An option that is undefined is one that was left out.
        if ((item !== undefined || entry.isRequired) && !entry.fits(item)) return false;
        if (isPlain) continue;
      }
      let matched = entry?.fits !== undefined;
      for (const { matches, demand } of patterns) {
        if (!matches.test(key)) continue;
        if (!demand.fits(item)) return false;
        matched = true;
      }
      if (!matched && others && !others.fits(item)) return false;
    }
    return found === wanted;
  };
}

function explain({ required, properties, patterns, others }: Parts, value: Group, path: string, told: Findings): void {
  const missing = required.filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0)
    told.add("required", path, `must have required properties ${missing.join(", ")}`, { requiredProperties: missing });
  if (others) {
    const rest = Object.keys(value).filter((key) => !properties.has(key) && !patterns.some(({ matches }) => matches.test(key)));
    explainOthers(others, rest, value, path, told);
  }
  for (const { matches, demand } of patterns)
    for (const key of Object.keys(value)) if (matches.test(key)) demand.explain(value[key], step(path, key), told);
  for (const [key, demand] of properties) {
    if (!Object.hasOwn(value, key) || (value[key] === undefined && !required.includes(key))) continue;
    demand.explain(value[key], step(path, key), told);
  }
}

function explainOthers(others: Demand, keys: readonly string[], value: Group, path: string, told: Findings): void {
  const wrong = keys.filter((key) => !others.fits(value[key]));
  if (wrong.length === 0) return;
  for (const key of wrong) if (!told.isFull) others.explain(value[key], step(path, key), told);
  told.add("additionalProperties", path, "must not have additional properties", { additionalProperties: wrong });
}
