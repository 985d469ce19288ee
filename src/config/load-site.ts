import type { Point } from "#msgs/point.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { readAdapters } from "./adapters-section.ts";
import { crossCheck } from "./cross-check.ts";
import { readGateway } from "./gateway-section.ts";
import { readPlant } from "./plant-section.ts";
import { arrange } from "./problem.ts";
import type { Path, SiteProblem } from "./problem.ts";
import { isGroup, problemAt, Reading } from "./reading.ts";
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
  /** Checks a CEL condition against the points; absent, conditions are not looked at. */
  readonly checkCondition?: (expression: string, points: readonly Point[]) => readonly string[];
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
  const root = expandTemplates(resolved.root, places, (path, message, item) =>
    item
      ? void early.push({ ...problemAt(resolved.root, places, path, message, "value"), ...places.ofItem(item.owner, item.key) })
      : report(path, message),
  );

  const reading = new Reading(root as Record<string, unknown>, places);
  reportUnknownSections(reading);
  const gateway = readGateway(reading, options.env);
  const adapters = readAdapters(reading, options.modules);
  const plant = readPlant(reading);
  crossCheck(reading, adapters, plant, gateway, options.checkCondition);
  const problems = arrange([...early, ...reading.problems]);
  if (problems.length > 0 || !gateway) return { problems };

  const described = describeSource(source.root);
  const whole = {
    ...gateway,
    ...plant.parts,
    adapters: adapters.adapters,
    devices: adapters.devices,
    points: adapters.points.map(({ value }) => value),
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

const emptyFile = "the file holds no settings; begin with\nsite:\n  name: my plant";

function reportUnknownSections(reading: Reading): void {
  const known = [...Object.keys(SiteRest.properties), "templates", "adapters"];
  for (const key of Object.keys(reading.root)) {
    if (!known.includes(key)) reportUnknown(key, known, [], (path, message, about) => reading.problem(path, message, about));
  }
}
