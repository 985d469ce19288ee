import type { Static } from "#msgs/schema/type.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import { durationMs } from "./duration.ts";
import type { Placed, Reading } from "./reading.ts";
import { AlarmEntry, AreaEntry, FlowMetricsSection, RecipeEntry, ValveEntry } from "./schema-plant.ts";
import type { Site } from "./site.ts";

/** What stands beside the adapters: areas, valves, alarms, recipes; each with its place for the checks that follow. */
export interface PlantPart {
  readonly parts: Pick<Site, "areas" | "valves" | "rules" | "recipes" | "flowMetrics">;
  readonly areas: readonly Placed<Site["areas"][number]>[];
  readonly valves: readonly Placed<Site["valves"][number]>[];
  readonly rules: readonly Placed<LimitRule>[];
  readonly recipes: readonly Placed<Site["recipes"][number]>[];
}

/** The area that is always there; whatever names no area belongs to it. */
export const rootArea = "site";

export function readPlant(reading: Reading): PlantPart {
  const areas = reading.items("areas", AreaEntry);
  const valves = reading.items("valves", ValveEntry);
  const recipes = reading.items("recipes", RecipeEntry);
  const rules = reading.items("alarms", AlarmEntry).flatMap(({ value, path }) => {
    const rule = ruleOf(value, (message) => reading.problem(path, message));
    return rule ? [{ value: rule, path }] : [];
  });
  const flowMetrics = reading.section("flowMetrics", FlowMetricsSection);
  reading.unique(areas, "an area");
  reading.unique(valves, "a valve");
  reading.unique(rules, "an alarm");
  reading.unique(recipes, "a recipe");
  const named = areas.map(({ value }) => value);
  return {
    parts: {
      areas: named.some(({ id }) => id === rootArea) ? named : [{ id: rootArea }, ...named],
      valves: valves.map(({ value }) => value),
      rules: rules.map(({ value }) => value),
      recipes: recipes.map(({ value }) => value),
      ...(flowMetrics && { flowMetrics }),
    },
    areas,
    valves,
    rules,
    recipes,
  };
}

type Alarm = Static<typeof AlarmEntry>;

function ruleOf(alarm: Alarm, complain: (message: string) => void): LimitRule | undefined {
  const { id, point, above, below, deadband, priority, message } = alarm;
  if ((above === undefined) === (below === undefined)) {
    complain(above === undefined ? "needs a limit: add above: or below:" : "has both above and below; write two alarms");
    return undefined;
  }
  const limit = above ?? below ?? 0;
  const delays = { onDelayMs: durationMs(alarm.onDelay), offDelayMs: durationMs(alarm.offDelay) };
  return { id, point, when: above === undefined ? "below" : "above", limit, deadband, ...delays, priority, message };
}
