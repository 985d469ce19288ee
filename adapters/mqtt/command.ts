import type { DeviceAct } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { Place } from "./address.ts";
import { payloadWith } from "./path.ts";
import type { DevicePlan, Field } from "./plan.ts";
import { topicBelow } from "./topic.ts";

/** One message that tells a device something. */
export interface Telling {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** Where a point is told: its address says, or the device's options. */
export function placeToTell(plan: Pick<DevicePlan, "limits">, { address }: Pick<Field, "address">): Place | undefined {
  if (address.write) return address.write;
  const { commandTopic } = plan.limits;
  const { path } = address.read;
  return commandTopic === undefined ? undefined : { topic: commandTopic, ...(path && { path }) };
}

export function tellingOf(plan: DevicePlan, field: Field, act: Extract<DeviceAct, { do: "set" }>): Telling {
  const place = placeToTell(plan, field);
  if (!place) throw new GatewayError("not-supported", `${field.binding.point} has no topic on which ${plan.id} could be told`);
  const { commandQos, commandRetain } = plan.limits;
  return {
    topic: topicBelow(plan.base, place.topic, plan.name),
    payload: payloadOf(plan, place, deviceValue(plan, act.value), act.binding.kind),
    qos: commandQos,
    retain: commandRetain,
  };
}

function payloadOf({ limits }: DevicePlan, { path }: Place, value: Value, kind: PointKind): string {
  const { commandPayload } = limits;
  const json = kind === "number" ? numberIn(value) : value;
  if (commandPayload !== undefined) {
    return commandPayload.replaceAll(/\{(value|text)\}/g, (_, what) => (what === "text" ? String(value) : JSON.stringify(json)));
  }
  return path === undefined ? String(value) : JSON.stringify(payloadWith(path, json));
}

/** True and false in the device's own words, where it has some. */
function deviceValue({ limits }: DevicePlan, value: Value): Value {
  if (typeof value !== "boolean") return value;
  return (value ? limits.on : limits.off) ?? value;
}

/** A whole number beyond 2^53 is decimal digits here and a number like any other in JSON. */
function numberIn(value: Value): unknown {
  return typeof value === "string" && /^-?\d+$/.test(value) ? (JSON as unknown as WithRaw).rawJSON(value) : value;
}

interface WithRaw {
  rawJSON(text: string): unknown;
}
