import { requestFor, type Qos } from "../rtps/index.ts";

/** What every one of the writers of a topic offers at least. */
export function weakestRequest(offers: readonly Qos[], depth: number): Qos {
  const first = requestFor(offers[0]!, depth);
  return {
    ...first,
    reliability: offers.every(({ reliability }) => reliability === "reliable") ? "reliable" : "best-effort",
    durability: offers.every(({ durability }) => durability !== "volatile") ? "transient-local" : "volatile",
    deadlineMs: Math.max(...offers.map(({ deadlineMs }) => deadlineMs)),
    livelinessLeaseMs: Math.max(...offers.map(({ livelinessLeaseMs }) => livelinessLeaseMs)),
    liveliness: offers.some(({ liveliness }) => liveliness === "automatic") ? "automatic" : first.liveliness,
    destinationOrder: offers.every(({ destinationOrder }) => destinationOrder === "source") ? "source" : "reception",
  };
}

export function sameRequest(a: Qos, b: Qos): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function unknownTypeWords(type: string): string {
  return `its type ${type} is not known here; put the .msg into the folder of custom types`;
}

export function differentTypeWords(theirs: string, ours: string): string {
  return `the other side uses the type ${theirs}, we use ${ours}`;
}

export function unmetWords(policies: readonly string[]): string {
  return `incompatible QoS: what is offered and what is asked for differ in ${policies.join(" and ")}`;
}

/** Topics one pattern may match; further ones are left out and told. */
export const maxTopics = 4096;

export function tooManyWords(pattern: string): string {
  return `${pattern} fits more than ${maxTopics} topics; the others are left out`;
}
