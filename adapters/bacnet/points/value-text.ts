import { formatDate, formatTimeOfDay } from "../wire/date-time.ts";
import type { BacnetValue } from "../wire/value.ts";
import { objectTypes } from "../wire/vocabulary.ts";

/** One element as a person would write it. */
export function textOfValue(value: BacnetValue): string {
  switch (value.type) {
    case "null":
      return "null";
    case "boolean":
    case "unsigned":
    case "signed":
    case "real":
    case "double":
    case "enumerated":
      return String(value.value);
    case "text":
      return value.value;
    case "bits":
      return value.value.map((bit) => (bit ? "1" : "0")).join("");
    case "octets":
    case "context":
      return Buffer.from(value.value).toString("hex");
    case "date":
      return formatDate(value.value);
    case "time":
      return formatTimeOfDay(value.value);
    case "object":
      return `${objectTypes.name(value.value.type)}:${value.value.instance}`;
    case "group":
      return JSON.stringify(plainValues(value.items));
  }
}

/** Any values as plain JSON: numbers and booleans as such, everything else as text, groups as arrays. */
export function plainValues(values: readonly BacnetValue[]): unknown[] {
  return values.map((value) => {
    if (value.type === "null") return null;
    if (value.type === "group") return plainValues(value.items);
    if (value.type === "boolean" || value.type === "real" || value.type === "double" || value.type === "enumerated") return value.value;
    if ((value.type === "unsigned" || value.type === "signed") && typeof value.value === "number") return value.value;
    return textOfValue(value);
  });
}
