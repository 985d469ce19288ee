import type { AdapterModule } from "#src/contract/adapter.ts";
import { readAdapters } from "./adapters-section.ts";
import { crossCheck } from "./cross-check.ts";
import type { CheckInterlock } from "./cross-check.ts";
import { readExpose } from "./expose-section.ts";
import { readGateway } from "./gateway-section.ts";
import { readPlant } from "./plant-section.ts";
import { arrange } from "./problem.ts";
import type { Path, SiteProblem } from "./problem.ts";
import { isGroup, labelOf, problemAt, Reading } from "./reading.ts";
import { describeSource, passwordInUrl } from "./redact.ts";
import { resolveReferences } from "./references.ts";
import type { Outside } from "./references.ts";
import { revisionOf } from "./revision.ts";
import { SiteRest } from "./schema.ts";
import { reportUnknown } from "./shape.ts";
import type { Site } from "./site.ts";
import { readSource } from "./source.ts";
import { expandTemplates } from "./templates.ts";

export interface LoadOptions extends Outside {
  /** The protocols there are. */
  readonly modules: readonly AdapterModule[];
  /** Where the text came from; relative names are relative to it. */
  readonly path: string;
  /** What is wrong with an interlock's condition; absent, conditions are not looked at. */
  readonly checkInterlock?: CheckInterlock;
}

export type Loaded = { readonly site: Site } | { readonly problems: readonly SiteProblem[] };

/** Everything wrong with a site file at once, or the site ready to use. Touches nothing outside. */
export function loadSite(text: string, options: LoadOptions): Loaded {
  const source = readSource(text);
  if (source.problems.length > 0) return { problems: arrange(source.problems) };
  if (!isGroup(source.root)) return { problems: [{ line: 1, column: 1, where: "", message: emptyFile }] };
  const { places } = source;
  const early: SiteProblem[] = [];
  const reportIn = (root: unknown) => (path: Path, message: string) => void early.push(problemAt(root, places, path, message, "value"));

  const resolved = resolveReferences(source.root, places, options, reportIn(source.root));
  const report = reportIn(resolved.root);
  const root = expandTemplates(resolved.root, places, (path, message, item) => {
    if (!item) return report(path, message);
    // What stands in a template's body is shown there, and called by the entry that uses it.
    const where = `${labelOf(resolved.root, path.slice(0, 4))} ${String(item.key)}`;
    early.push({ ...places.ofItem(item.owner, item.key), where, message });
  });

  const reading = new Reading(root as Record<string, unknown>, places);
  reportUnknownSections(reading);
  const gateway = readGateway(reading, options.env);
  const adapters = readAdapters(reading, options.modules);
  const plant = readPlant(reading);
  const expose = readExpose(reading, options.modules, adapters.meant);
  crossCheck(reading, adapters, plant, gateway, options.checkInterlock);
  const problems = arrange([...early, ...withoutConsequences(reading.problems, early)]);
  if (problems.length > 0 || !gateway) return { problems };

  const described = describeSource(source.root);
  const whole = {
    ...gateway,
    ...plant.parts,
    adapters: adapters.adapters,
    devices: adapters.devices,
    points: adapters.points.map(({ value }) => value),
    expose,
  };
  return {
    site: {
      ...whole,
      path: options.path,
      revision: revisionOf(whole),
      warnings: arrange(reading.warnings),
      described,
      secrets: [...resolved.secrets, passwordInUrl(gateway.store.databaseUrl ?? "") ?? []].flat(),
    },
  };
}

/** A reference or placeholder that leads nowhere leaves text behind that is not what was wanted; saying so again helps nobody. */
function withoutConsequences(problems: readonly SiteProblem[], causes: readonly SiteProblem[]): readonly SiteProblem[] {
  const placeOf = ({ line, column }: SiteProblem) => `${line}:${column}`;
  const known = new Set(causes.map(placeOf));
  return problems.filter((problem) => !known.has(placeOf(problem)));
}

const emptyFile = "the file holds no settings; begin with\nsite:\n  name: my plant";

function reportUnknownSections(reading: Reading): void {
  const known = [...Object.keys(SiteRest.properties), "templates", "adapters"];
  for (const key of Object.keys(reading.root)) {
    if (!known.includes(key)) reportUnknown(key, known, [], (path, message, about) => reading.problem(path, message, about));
  }
}
