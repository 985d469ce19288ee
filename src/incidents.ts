import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Incident, Incidents } from "#src/server/services.ts";
import type { Log } from "#src/kit/log.ts";

/** Marked stretches of the past, a line of JSON each: they are few, written by hand, and worth reading without this program. */
export function openIncidents(path: string, log: Log): Incidents {
  const known = new Map<string, Incident>();
  for (const line of existsSync(path) ? readFileSync(path, "utf8").split("\n") : []) {
    const incident = incidentIn(line);
    if (incident) known.set(incident.id, incident);
    else if (line.trim() !== "") log.warn(`a line of ${path} is no incident and is passed over: ${line.slice(0, 80)}`);
  }
  return {
    list: () => [...known.values()],
    get: (id) => known.get(id),
    create(about, by) {
      const incident = { id: nextId(known), ...about, by };
      appendFileSync(path, `${JSON.stringify(incident)}\n`, { mode: 0o600 });
      known.set(incident.id, incident);
      return incident;
    },
  };
}

/** A line may be torn when the power went while it was written. */
function incidentIn(line: string): Incident | undefined {
  try {
    const read = JSON.parse(line) as Partial<Incident>;
    return typeof read.id === "string" && typeof read.from === "number" && typeof read.to === "number" ? (read as Incident) : undefined;
  } catch {
    return undefined;
  }
}

function nextId(known: ReadonlyMap<string, Incident>): string {
  let number = known.size + 1;
  while (known.has(`inc-${number}`)) number++;
  return `inc-${number}`;
}
