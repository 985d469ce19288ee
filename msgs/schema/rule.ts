/** One thing that is wrong with a value. */
export interface Finding {
  readonly keyword: string;
  /** A JSON pointer: "/steps/0/point", "" for the whole. */
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A keyword, or a whole node, made ready: `fits` answers fast, `explain` tells what is wrong. */
export interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly explain: (value: unknown, path: string, told: Findings) => void;
}

/** JSON Schema as plain data, of which only what is looked at is known. */
export type Node = Readonly<Record<string, unknown>>;

/** Makes the rule of an inner node. */
export type RuleOf = (node: unknown) => Rule;

const most = 8;

/** What has been found so far. Eight are enough for a person, and bound the work on a hostile value. */
export class Findings {
  readonly list: Finding[] = [];

  get isFull(): boolean {
    return this.list.length >= most;
  }

  add(keyword: string, instancePath: string, message: string, params: Finding["params"]): void {
    if (!this.isFull) this.list.push({ keyword, instancePath, message, params });
  }
}

/** A rule about a value as it stands, without anything inside it. */
export function plainRule(keyword: string, params: Finding["params"], message: string, fits: Rule["fits"]): Rule {
  return {
    fits,
    explain: (value, path, told) => {
      if (!fits(value)) told.add(keyword, path, message, params);
    },
  };
}

/** All of them, in this order. */
export function allOfThem(rules: readonly Rule[]): Rule {
  const [first, second] = rules;
  if (first && rules.length === 1) return first;
  return {
    fits: first && second && rules.length === 2 ? bothFit(first.fits, second.fits) : everyFits(rules.map(({ fits }) => fits)),
    explain: (value, path, told) => {
      for (const rule of rules) rule.explain(value, path, told);
    },
  };
}

function bothFit(first: Rule["fits"], second: Rule["fits"]): Rule["fits"] {
  return (value) => first(value) && second(value);
}

function everyFits(all: readonly Rule["fits"][]): Rule["fits"] {
  return (value) => {
    for (const fits of all) if (!fits(value)) return false;
    return true;
  };
}

/** A step of a JSON pointer. */
export function step(path: string, key: string): string {
  return `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** What a schema of ours says that this reader cannot hold a value against. Said when it is read, never passed over. */
export function unreadable(keyword: string, wanted: string): Error {
  return new Error(`broken assumption: the keyword "${keyword}" of a schema must be ${wanted}`);
}
