import type { PointAddress, WriteType } from "../address.ts";
import { objectTypes, properties } from "../wire/names.ts";

/** The type a property carries by the standard; undefined where that cannot be known, as of proprietary ones. */
export function typeOf({ object, property }: Pick<PointAddress, "object" | "property">): WriteType | undefined {
  const name = properties.name(property);
  return propertyTypes[name] ?? (valueProperties.has(name) ? objectValueTypes[objectTypes.name(object.type)] : undefined);
}

/** Properties that carry what the object itself is about. */
const valueProperties: ReadonlySet<string> = new Set([
  "present-value",
  "relinquish-default",
  "priority-array",
  "alarm-value",
  "high-limit",
  "low-limit",
  "deadband",
  "cov-increment",
]);

const objectValueTypes: Readonly<Record<string, WriteType>> = {
  "analog-input": "real",
  "analog-output": "real",
  "analog-value": "real",
  loop: "real",
  "lighting-output": "real",
  "pulse-converter": "real",
  "large-analog-value": "double",
  "binary-input": "enumerated",
  "binary-output": "enumerated",
  "binary-value": "enumerated",
  "access-door": "enumerated",
  "binary-lighting-output": "enumerated",
  "life-safety-point": "enumerated",
  "life-safety-zone": "enumerated",
  "multi-state-input": "unsigned",
  "multi-state-output": "unsigned",
  "multi-state-value": "unsigned",
  accumulator: "unsigned",
  "positive-integer-value": "unsigned",
  command: "unsigned",
  "integer-value": "signed",
  "characterstring-value": "text",
  "octetstring-value": "octets",
  "bitstring-value": "bits",
  "date-value": "date",
  "datepattern-value": "date",
  "time-value": "time",
  "timepattern-value": "time",
};

const propertyTypes: Readonly<Record<string, WriteType>> = {
  "out-of-service": "boolean",
  description: "text",
  "object-name": "text",
  units: "enumerated",
  reliability: "enumerated",
  "cov-increment": "real",
  "notification-class": "unsigned",
  "time-delay": "unsigned",
  setpoint: "real",
  "priority-for-writing": "unsigned",
};
