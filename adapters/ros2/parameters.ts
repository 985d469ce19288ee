import type { Binding, Reading, Receipt } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { ParameterAddress, ParameterType } from "./address.ts";
import type { Callers } from "./callers.ts";
import type { Message } from "./types/index.ts";

/** Kinds of parameter values (rcl_interfaces/ParameterType), with the field that holds each. */
const kinds = {
  bool: { number: 1, field: "bool_value" },
  integer: { number: 2, field: "integer_value" },
  double: { number: 3, field: "double_value" },
  string: { number: 4, field: "string_value" },
} as const satisfies Record<ParameterType, { number: number; field: string }>;
const notSet = 0;

export interface ParameterPlace {
  readonly binding: Binding;
  readonly address: ParameterAddress;
  readonly node: string;
}

/** Asks one node for some of its parameters, in one call. Answers in the order of the question. */
export async function readParameters(callers: Callers, places: readonly ParameterPlace[], signal: AbortSignal): Promise<Reading[]> {
  const names = places.map(({ address }) => address.name);
  const answer = await callers.call(`${places[0]!.node}/get_parameters`, "rcl_interfaces/srv/GetParameters", { names }, signal);
  const values = answer.values as readonly Message[];
  return places.map((_, i) => readingOf(values[i]));
}

/** Sets one parameter. The node's own answer says whether it took it. */
export async function writeParameter(callers: Callers, place: ParameterPlace, value: Value, signal: AbortSignal): Promise<Receipt> {
  const { address, node, binding } = place;
  const kind = kinds[address.type ?? typeFor(binding, value)];
  const parameters = [{ name: address.name, value: { type: kind.number, [kind.field]: convert(value, kind.field, address.name) } }];
  const answer = await callers.call(`${node}/set_parameters`, "rcl_interfaces/srv/SetParameters", { parameters }, signal);
  const [result] = answer.results as readonly Message[];
  if (result?.successful === true) return { assurance: "device" };
  throw new GatewayError("device-refused", `${node} did not set ${address.name}: ${String(result?.reason ?? "no reason given")}`, {
    sent: true,
  });
}

function readingOf(value: Message | undefined): Reading {
  const type = Number(value?.type ?? notSet);
  if (value === undefined || type === notSet) return { raw: null, quality: quality.badConfig, reason: "the node has no such parameter" };
  const kind = Object.values(kinds).find(({ number }) => number === type);
  if (kind === undefined) return { raw: null, quality: quality.badConfig, reason: "the parameter is a list" };
  const raw = value[kind.field];
  if (typeof raw === "bigint") {
    return { raw: raw >= -(2n ** 53n) && raw <= 2n ** 53n ? Number(raw) : raw.toString(), quality: quality.good };
  }
  return { raw: raw as Value, quality: quality.good };
}

/** Where the address names no type: a number is a double, as most parameters with a unit are. */
function typeFor(binding: Binding, value: Value): ParameterType {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return binding.kind === "number" ? "integer" : "string";
  return binding.kind === "state" ? "integer" : "double";
}

function convert(value: Value, field: string, name: string): unknown {
  if (field !== "integer_value") return value;
  if (typeof value === "number" && !Number.isInteger(value))
    throw new GatewayError("device-refused", `${name} is a whole number, ${value} is not`);
  return typeof value === "boolean" ? Number(value) : value;
}
