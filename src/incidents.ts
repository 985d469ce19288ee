import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Incident, Incidents } from "#src/server/services.ts";

/** Marked stretches of the past, a line of JSON each: they are few, written by hand, and worth reading without this program. */
export function openIncidents(path: string): Incidents {
  const known = new Map<string, Incident>();
  for (const line of existsSync(path) ? readFileSync(path, "utf8").split("\n") : []) {
    if (line.trim() === "") continue;
    const incident = JSON.parse(line) as Incident;
    known.set(incident.id, incident);
  }
  return {
    list: () => [...known.values()],
    get: (id) => known.get(id),
    create(about, by) {
      const incident = { id: `inc-${known.size + 1}`, ...about, by };
      appendFileSync(path, `${JSON.stringify(incident)}\n`);
      known.set(incident.id, incident);
      return incident;
    },
  };
}
