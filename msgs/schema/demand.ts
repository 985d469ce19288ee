/** One thing that is wrong with a value. */
export interface Finding {
  readonly keyword: string;
  /** A JSON pointer: "/steps/0/point", "" for the whole. */
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A keyword, or a whole node, made ready: `fits` answers fast, `explain` tells what is wrong. */
export interface Demand {
  readonly fits: (value: unknown) => boolean;
  readonly explain: (value: unknown, path: string, told: Findings) => void;
}

/** JSON Schema as plain data, of which only what is looked at is known. */
export type Node = Readonly<Record<string, unknown>>;

/** Makes the demand of an inner node. */
export type DemandOf = (node: unknown) => Demand;

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

/** A demand about a value as it stands, without anything inside it. */
export function plainDemand(keyword: string, params: Finding["params"], message: string, fits: Demand["fits"]): Demand {
  return {
    fits,
    explain: (value, path, told) => {
      if (!fits(value)) told.add(keyword, path, message, params);
    },
  };
}

/** All of them, in this order. */
export function allOfThem(demands: readonly Demand[]): Demand {
  const [first, second] = demands;
  if (first && demands.length === 1) return first;
  return {
    fits: first && second && demands.length === 2 ? bothFit(first.fits, second.fits) : everyFits(demands.map(({ fits }) => fits)),
    explain: (value, path, told) => {
      for (const demand of demands) demand.explain(value, path, told);
    },
  };
}

function bothFit(first: Demand["fits"], second: Demand["fits"]): Demand["fits"] {
  return (value) => first(value) && second(value);
}

function everyFits(all: readonly Demand["fits"][]): Demand["fits"] {
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
