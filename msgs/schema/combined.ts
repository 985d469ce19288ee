import { unreadable, type Findings, type Node, type Demand, type DemandOf } from "./demand.ts";

/** All of several schemas. */
export function allOfDemand(node: Node, demandOf: DemandOf): Demand | undefined {
  const demands = demandsOf(node, "allOf", demandOf);
  return (
    demands && {
      fits: (value) => demands.every(({ fits }) => fits(value)),
      explain: (value, path, told) => explainEach(demands, value, path, told),
    }
  );
}

/** One of several schemas. When none fits, what is wrong with each is told, and then that none does. */
export function anyOfDemand(node: Node, demandOf: DemandOf): Demand | undefined {
  const demands = demandsOf(node, "anyOf", demandOf);
  if (!demands) return undefined;
  const fits = (value: unknown): boolean => {
    for (const demand of demands) if (demand.fits(value)) return true;
    return false;
  };
  return {
    fits,
    explain: (value, path, told) => {
      if (told.isFull || fits(value)) return;
      explainEach(demands, value, path, told);
      told.add("anyOf", path, "must match a schema in anyOf", {});
    },
  };
}

function explainEach(demands: readonly Demand[], value: unknown, path: string, told: Findings): void {
  for (const demand of demands) {
    if (told.isFull) return;
    demand.explain(value, path, told);
  }
}

function demandsOf(node: Node, keyword: string, demandOf: DemandOf): readonly Demand[] | undefined {
  const parts = node[keyword];
  if (parts === undefined) return undefined;
  if (!Array.isArray(parts)) throw unreadable(keyword, "a list of schemas");
  return parts.map(demandOf);
}
