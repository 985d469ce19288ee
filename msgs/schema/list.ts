import { countOf } from "./plain.ts";
import { unreadable, type Node, type Demand, type DemandOf } from "./demand.ts";

/** What a node says about lists; anything else passes. Undefined when it says nothing. */
export function listDemand(node: Node, demandOf: DemandOf): Demand | undefined {
  const { items } = node;
  const least = countOf(node, "minItems");
  const most = countOf(node, "maxItems");
  if (items === undefined && least === undefined && most === undefined) return undefined;
  if (Array.isArray(items)) throw unreadable("items", "one schema for all of them");
  const item = items === undefined ? undefined : demandOf(items);

  return {
    fits: (value) => {
      if (!Array.isArray(value)) return true;
      if ((least !== undefined && value.length < least) || (most !== undefined && value.length > most)) return false;
      if (item) for (const one of value) if (!item.fits(one)) return false;
      return true;
    },
    explain: (value, path, told) => {
      if (!Array.isArray(value)) return;
      if (item) for (let i = 0; i < value.length && !told.isFull; i++) item.explain(value[i], `${path}/${i}`, told);
      if (least !== undefined && value.length < least)
        told.add("minItems", path, `must not have fewer than ${least} items`, { limit: least });
      if (most !== undefined && value.length > most) told.add("maxItems", path, `must not have more than ${most} items`, { limit: most });
    },
  };
}
