import { isPrimitive } from "./types/definition.ts";
import type { Definition, Field, Message, TypeRegistry, Value as RosValue } from "./types/index.ts";
import type { Value } from "#msgs/point.ts";

/** One step into a message: a field, an element by its number, or the element whose name stands at the same place of another list. */
export type Step = { readonly field: string } | { readonly index: number } | { readonly key: string; readonly equals: string };

/** Steps in one path; a message nested deeper than this is not one of ROS. */
const maxSteps = 32;

/** `pose.position.x`, `sensor_readings[3]`, `position[name=elbow]`, `status[name=pump].level`; `undefined` when it is none of these. */
export function parsePath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  const pattern = /(?:^|\.)([A-Za-z]\w*)|\[(\d{1,9})\]|\[([A-Za-z]\w*)=([^\]]{1,100})\]/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null || steps.length >= maxSteps) return undefined;
    if (match[1] !== undefined) steps.push({ field: match[1] });
    else if (steps.length === 0) return undefined;
    else if (match[2] !== undefined) steps.push({ index: Number(match[2]) });
    else steps.push({ key: match[3]!, equals: match[4]! });
  }
  return steps.length === 0 ? undefined : steps;
}

/** The value at the end of the path, or in words why there is none. */
export function valueAt(message: Message, path: readonly Step[]): { readonly value: Value } | { readonly problem: string } {
  let here: RosValue | undefined = message;
  let owner: Message = message;
  for (const step of path) {
    if ("field" in step) {
      if (!isMessage(here) || !(step.field in here)) return { problem: `there is no field ${step.field}` };
      owner = here;
      here = here[step.field];
    } else {
      const index: number = "index" in step ? step.index : indexByKey(here, owner, step);
      if (!isList(here)) return { problem: "what has an index is not a list" };
      const element: RosValue | undefined = here[index];
      if (element === undefined)
        return { problem: "index" in step ? `it has ${here.length} elements` : `none has ${step.key} ${step.equals}` };
      here = element;
    }
  }
  return toValue(here);
}

/** Everything in a type that a point could show, as paths; lists of unknown length are left out. */
export function* scalarPaths(registry: TypeRegistry, definition: Definition, prefix = ""): Generator<{ path: string; field: Field }> {
  for (const field of definition.fields) {
    if (field.shape.kind === "sequence") continue;
    const count = field.shape.kind === "array" ? Math.min(field.shape.length, 16) : undefined;
    const names = count === undefined ? [field.name] : Array.from({ length: count }, (_, i) => `${field.name}[${i}]`);
    for (const name of names) {
      if (isPrimitive(field.type)) yield { path: prefix + name, field };
      else yield* scalarPaths(registry, registry.get(field.type), `${prefix}${name}.`);
    }
  }
}

/** Puts a value where the path leads, in a draft; lists grow as far as the path needs. */
export function placeAt(draft: Record<string, unknown>, path: readonly Step[], value: unknown): void {
  let here: Record<string | number, unknown> = draft;
  path.forEach((step, i) => {
    const key = "field" in step ? step.field : "index" in step ? step.index : step.equals;
    const next = path[i + 1];
    if (next === undefined) here[key] = value;
    else here = (here[key] ??= "index" in next ? [] : {}) as Record<string | number, unknown>;
  });
}

/** In a list of messages the element whose own field says so; in a plain list the place at which a list beside it says so. */
function indexByKey(here: RosValue | undefined, owner: Message, step: { key: string; equals: string }): number {
  if (Array.isArray(here) && here.some(isMessage))
    return here.findIndex((element) => isMessage(element) && String(element[step.key]) === step.equals);
  const names = owner[step.key];
  return Array.isArray(names) ? names.findIndex((name) => String(name) === step.equals) : -1;
}

function toValue(value: RosValue | undefined): { value: Value } | { problem: string } {
  switch (typeof value) {
    case "number":
    case "boolean":
    case "string":
      return { value };
    case "bigint":
      return { value: value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value.toString() };
    default:
      return isTime(value)
        ? { value: value.sec + value.nanosec / 1e9 }
        : { problem: "the path ends in a whole message or list, not in a value" };
  }
}

export function isTime(value: RosValue | undefined): value is Message & { sec: number; nanosec: number } {
  return isMessage(value) && typeof value.sec === "number" && typeof value.nanosec === "number";
}

function isMessage(value: RosValue | undefined): value is Message {
  return typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function isList(value: RosValue | undefined): value is readonly RosValue[] {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
