import { objectTypes } from "../wire/names.ts";

/** Object types that are shown alike. */
export type Family = "analog" | "integer" | "binary" | "states" | "text" | "other";

/** By the object's type; `other` is not a type points are shown as. */
export function familyOf(type: number): Family {
  return families[objectTypes.name(type)] ?? "other";
}

const families: Readonly<Record<string, Family>> = {
  "analog-input": "analog",
  "analog-output": "analog",
  "analog-value": "analog",
  "large-analog-value": "analog",
  "integer-value": "integer",
  "positive-integer-value": "integer",
  accumulator: "integer",
  "binary-input": "binary",
  "binary-output": "binary",
  "binary-value": "binary",
  "multi-state-input": "states",
  "multi-state-output": "states",
  "multi-state-value": "states",
  "characterstring-value": "text",
};
