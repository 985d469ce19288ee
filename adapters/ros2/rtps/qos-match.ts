import { destinationOrders, durabilities, livelinesses, reliabilities, type Qos } from "./qos.ts";

/** A policy by which an offer and a request can fail to meet. */
export type Policy = "reliability" | "durability" | "deadline" | "liveliness" | "ownership" | "destination-order" | "partition";

/** The policies in which the offer falls short of the request; empty when writer and reader may talk. */
export function unmetPolicies(offered: Qos, requested: Qos): Policy[] {
  const unmet: Policy[] = [];
  const weaker = <T extends string>(order: readonly T[], offer: T, request: T) => order.indexOf(offer) < order.indexOf(request);
  if (weaker(reliabilities, offered.reliability, requested.reliability)) unmet.push("reliability");
  if (weaker(durabilities, offered.durability, requested.durability)) unmet.push("durability");
  if (offered.deadlineMs > requested.deadlineMs) unmet.push("deadline");
  if (weaker(livelinesses, offered.liveliness, requested.liveliness) || offered.livelinessLeaseMs > requested.livelinessLeaseMs) {
    unmet.push("liveliness");
  }
  if (offered.ownership !== requested.ownership) unmet.push("ownership");
  if (weaker(destinationOrders, offered.destinationOrder, requested.destinationOrder)) unmet.push("destination-order");
  if (!partitionsMeet(offered.partitions, requested.partitions)) unmet.push("partition");
  return unmet;
}

/** No partition at all means the one with the empty name. Either side may use `*` and `?`. */
function partitionsMeet(left: readonly string[], right: readonly string[]): boolean {
  const names = (list: readonly string[]) => (list.length === 0 ? [""] : list);
  return names(left).some((a) => names(right).some((b) => a === b || globMatches(a, b) || globMatches(b, a)));
}

/** Walks pattern and text once, falling back to the last star: linear in practice and without a regular expression made from outside data. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t]) && pattern[p] !== "*") {
      p++;
      t++;
    } else if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/**
 * The request that gets most out of a writer: exactly what it offers where offers are ordered, and nothing it does not
 * offer. A subscriber that follows whatever it discovers uses this.
 */
export function requestFor(offered: Qos, depth: number): Qos {
  return {
    ...offered,
    // Only transient-local history is kept by the writer itself; the stronger kinds need a durability service we do not have.
    durability: offered.durability === "volatile" ? "volatile" : "transient-local",
    keep: "last",
    depth: Math.max(depth, 1),
    lifespanMs: Infinity,
  };
}
