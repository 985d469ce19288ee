import type { FactStore, JournalEntry } from "#src/contract/store.ts";
import type { Fact } from "#msgs/fact.ts";

/** A recording that lies in memory: the same questions as the database answers. */
export function memoryStore(entries: readonly JournalEntry[], batch = 100): FactStore {
  const atOf = (entry: JournalEntry): number =>
    entry.kind === "fact" ? entry.fact.at : entry.kind === "derived" ? entry.derivation.at : entry.checkpoint.at;
  return {
    async *scan(from, to) {
      const within = entries.filter((entry) => atOf(entry) >= from && atOf(entry) < to);
      for (let i = 0; i < within.length; i += batch) yield within.slice(i, i + batch);
    },
    async checkpointBefore(at, version) {
      const fitting = entries.flatMap((entry) => (entry.kind === "checkpoint" ? [entry.checkpoint] : []));
      return fitting.filter((checkpoint) => checkpoint.at <= at && checkpoint.version === version).at(-1);
    },
    async configBefore(at) {
      const facts = entries.flatMap((entry): Fact[] => (entry.kind === "fact" ? [entry.fact] : []));
      return facts.filter((fact) => fact.kind === "config" && fact.at <= at).at(-1);
    },
    async extent() {
      if (entries.length === 0) return undefined;
      return { from: atOf(entries[0]!), to: atOf(entries.at(-1)!) };
    },
    async close() {},
  };
}
