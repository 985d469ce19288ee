import type { Interlock, Point, PointId, PointKind, Value } from "#msgs/point.ts";
import type { AdaptersPart } from "./adapters-section.ts";
import type { GatewayPart } from "./gateway-section.ts";
import { nearest } from "./nearest.ts";
import { rootArea } from "./plant-section.ts";
import type { PlantPart } from "./plant-section.ts";
import { isOfKind } from "./points-section.ts";
import type { Path } from "./problem.ts";
import type { Reading } from "./reading.ts";

/** What is wrong with an interlock, or undefined. `target` is the kind of the point it guards. */
export type CheckInterlock = (
  interlock: Interlock,
  target: PointKind,
  kindOf: (point: PointId) => PointKind | undefined,
) => string | undefined;

/** What no part can know alone: that everything that is named exists and is of the right kind. */
export function crossCheck(
  reading: Reading,
  adapters: AdaptersPart,
  plant: PlantPart,
  gateway: GatewayPart | undefined,
  checkInterlock: CheckInterlock | undefined,
): void {
  const names = new Names(reading, adapters, plant);
  checkAreas(reading, names, adapters, plant, gateway);
  checkPoints(reading, names, adapters, checkInterlock);
  checkValves(reading, names, plant);
  for (const { value, path } of plant.rules) {
    const point = names.point(value.point, [...path, "point"]);
    if (point && point.kind !== "number" && point.kind !== "state") {
      reading.problem([...path, "point"], `${point.id} is ${point.kind}; a limit needs a number`);
    }
  }
  gateway?.commands.safeState.forEach((write, index) => {
    checkWrite(reading, names, write.point, write.value, ["commands", "safeState", index, "point"]);
  });
  checkFlowMetrics(reading, names, plant);
  checkRecipes(reading, names, plant);
}

/** Looks names up and reports those that are not there, with the nearest that is. */
class Names {
  readonly #reading: Reading;
  readonly #points: ReadonlyMap<PointId, Point>;
  readonly #meant: ReadonlySet<PointId>;
  readonly #areas: ReadonlySet<string>;

  constructor(reading: Reading, adapters: AdaptersPart, plant: PlantPart) {
    this.#reading = reading;
    // The first of two points with one id counts: the second has been reported already.
    this.#points = new Map(adapters.points.toReversed().map(({ value }) => [value.id, value]));
    this.#meant = adapters.meant;
    this.#areas = new Set([rootArea, ...plant.areas.map(({ value }) => value.id)]);
  }

  point(id: PointId, path: Path): Point | undefined {
    const found = this.#points.get(id);
    if (!found && !this.#meant.has(id)) this.#missing(id, this.#points.keys(), "point", path);
    return found;
  }

  writable(id: PointId, path: Path): Point | undefined {
    const found = this.point(id, path);
    if (found && !found.control) this.#reading.problem(path, `${id} is read-only; add control: {} to that point`);
    return found;
  }

  area(id: string | undefined, path: Path): void {
    if (id !== undefined && !this.#areas.has(id)) this.#missing(id, this.#areas, "area", path);
  }

  #missing(id: string, known: Iterable<string>, what: string, path: Path): void {
    const meant = nearest(id, known);
    this.#reading.problem(path, `there is no ${what} "${id}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  }
}

function checkAreas(reading: Reading, names: Names, adapters: AdaptersPart, plant: PlantPart, gateway: GatewayPart | undefined): void {
  const parents = new Map(plant.areas.map(({ value }) => [value.id, value.parent]));
  for (const { value, path } of plant.areas) {
    names.area(value.parent, [...path, "parent"]);
    let above = value.parent;
    for (let i = 0; above !== undefined && i <= parents.size; i++) {
      if (above === value.id) {
        reading.problem([...path, "parent"], `area ${value.id} lies inside itself`);
        break;
      }
      above = parents.get(above);
    }
  }
  for (const { value, path } of adapters.devicePlaces) names.area(value.area, [...path, "area"]);
  for (const list of ["users", "apiKeys"] as const) {
    gateway?.auth[list].forEach((who, i) => who.areas?.forEach((area, j) => names.area(area, ["auth", list, i, "areas", j])));
  }
}

function checkPoints(reading: Reading, names: Names, adapters: AdaptersPart, checkInterlock: CheckInterlock | undefined): void {
  const kinds = new Map(adapters.points.map(({ value }) => [value.id, value.kind]));
  const deviceAreas = new Map(adapters.devices.map(({ id, area }) => [id, area]));
  for (const { value: point, path } of adapters.points) {
    // An area that the device names is checked there, once.
    if (point.area !== deviceAreas.get(point.device)) names.area(point.area, [...path, "area"]);
    const hint = point.unit === undefined ? undefined : ucum[point.unit];
    if (hint !== undefined) reading.warn([...path, "unit"], `"${point.unit}" is not a UCUM code; write ${hint}`);
    if (!point.control) continue;
    const { evidence, interlocks } = point.control;
    if (evidence.point !== undefined) names.point(evidence.point, [...path, "control", "evidence", "point"]);
    interlocks.forEach((interlock, index) => {
      const at = [...path, "control", "interlocks", index, "blockedWhen"];
      const message = checkInterlock?.(interlock, point.kind, (id) => kinds.get(id));
      if (message !== undefined) reading.problem(at, message);
    });
  }
}

/** What people write out of habit, and the code a machine can work with. */
const ucum: Readonly<Record<string, string>> = {
  "°C": "Cel",
  degC: "Cel",
  "°F": "[degF]",
  degF: "[degF]",
  "l/min": "L/min",
  lpm: "L/min",
  "m³/h": "m3/h",
  "m³": "m3",
  percent: "%",
  psi: "[psi]",
  rpm: "{rpm}",
  RPM: "{rpm}",
  "°": "deg",
  gpm: "[gal_us]/min",
  sec: "s",
  ppm: "[ppm]",
};

function checkValves(reading: Reading, names: Names, plant: PlantPart): void {
  for (const { value, path } of plant.valves) {
    const command = names.writable(value.command, [...path, "command"]);
    names.point(value.position, [...path, "position"]);
    for (const end of ["open", "closed"] as const) {
      if (command && !isOfKind(command.kind, value[end]))
        reading.problem([...path, end], `does not fit ${command.id}, which is ${command.kind}`);
    }
    if (value.open === value.closed) reading.problem([...path, "open"], "must differ from closed");
  }
}

const flowUnits = { flowRate: "L/min", pressure: "Pa", temperature: "Cel" } as const;

function checkFlowMetrics(reading: Reading, names: Names, plant: PlantPart): void {
  const { flowMetrics } = plant.parts;
  if (!flowMetrics) return;
  for (const [key, unit] of Object.entries(flowUnits) as [keyof typeof flowUnits, string][]) {
    const point = names.point(flowMetrics[key], ["flowMetrics", key]);
    if (point && point.unit !== unit) {
      reading.problem(
        ["flowMetrics", key],
        `must be in ${unit}, and ${point.id} is in ${point.unit ?? "no unit"}; give that point scale: and unit: ${unit}`,
      );
    }
  }
}

function checkRecipes(reading: Reading, names: Names, plant: PlantPart): void {
  for (const { value, path } of plant.recipes) {
    value.steps.forEach((step, index) => {
      for (const [id, wanted] of Object.entries(step.set)) {
        const at = [...path, "steps", index, "set", id];
        const point = names.writable(id, at);
        if (point && !isOfKind(point.kind, wanted))
          reading.problem(at, `${JSON.stringify(wanted)} does not fit ${id}, which is ${point.kind}`);
      }
    });
  }
}

function checkWrite(reading: Reading, names: Names, id: PointId, value: Value, path: Path): void {
  const point = names.writable(id, path);
  if (point && !isOfKind(point.kind, value)) reading.problem(path, `${JSON.stringify(value)} does not fit ${id}, which is ${point.kind}`);
}
