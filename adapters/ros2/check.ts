import type { AdapterConfig, Binding, Problem } from "#src/contract/adapter.ts";
import { messageOf } from "#src/kit/errors.ts";
import { schemaProblems } from "../kit/schema-problems.ts";
import { parseAddress, type TopicAddress } from "./address.ts";
import { deviceSchema, linkOf, linkSchema, robotOf, type DeviceOptions, type Link, type LinkOptions, type Robot } from "./config.ts";
import { scalarPaths } from "./field-path.ts";
import { resolveOptions } from "./rtps/options.ts";
import { fullName } from "./types/names.ts";
import type { TypeRegistry } from "./types/registry.ts";
import { typesFor } from "./type-room.ts";

/** Everything wrong with a configuration, before a socket is opened. */
export function checkConfig(config: AdapterConfig<LinkOptions, DeviceOptions>): readonly Problem[] {
  const problems = [...schemaProblems(linkSchema, config.link, ["link"])];
  const link = problems.length === 0 ? linkOf(config.link) : undefined;
  if (link) problems.push(...checkLink(link));
  const types = readTypes(link?.types, problems);
  for (const [index, device] of config.devices.entries()) {
    const path = ["devices", index];
    const wrong = schemaProblems(deviceSchema, device.options, [...path, "options"]);
    problems.push(...wrong);
    const robot = wrong.length === 0 ? robotOf(device.id, device.options) : undefined;
    if (robot && types) problems.push(...checkMethods(robot, types, [...path, "options", "methods"]));
    for (const [at, binding] of device.bindings.entries()) {
      const words = checkBinding(binding, robot, types);
      problems.push(...words.map((message) => ({ path: [...path, "bindings", at, "address"], message })));
    }
  }
  return problems;
}

/** Addresses and subnets are checked by the library that will use them. */
function checkLink(link: Link): Problem[] {
  const found: Problem[] = [];
  const ask = (field: string, options: object) => {
    try {
      resolveOptions({ domain: link.domain, interfaces: ["127.0.0.1"], ...options });
    } catch (error) {
      found.push({ path: ["link", field], message: messageOf(error) });
    }
  };
  if (link.interfaces) ask("interfaces", { interfaces: link.interfaces });
  if (link.allowedSubnets) ask("allowedSubnets", { allowedSubnets: link.allowedSubnets });
  ask("peers", { initialPeers: link.peers });
  return found;
}

function readTypes(folder: string | undefined, problems: Problem[]): TypeRegistry | undefined {
  try {
    return typesFor(folder);
  } catch (error) {
    problems.push({ path: ["link", "types"], message: messageOf(error) });
    return undefined;
  }
}

function checkMethods(robot: Robot, types: TypeRegistry, path: readonly (string | number)[]): Problem[] {
  return robot.methods.flatMap(({ name, via, type }, at) => {
    const suffix = via === "topic" ? "" : via === "service" ? "_Request" : "_Goal";
    const kind = via === "topic" ? "msg" : via === "service" ? "srv" : "action";
    if (robot.commands.includes(name)) return [{ path: [...path, at, "name"], message: `${name} is already one of commands` }];
    if (types.has(fullName(type, kind) + suffix)) return [];
    return [{ path: [...path, at, "type"], message: `the ${via} type ${type} is not known: put its file into the folder of custom types` }];
  });
}

function checkBinding(binding: Binding, robot: Robot | undefined, types: TypeRegistry | undefined): string[] {
  const parsed = parseAddress(binding.address, robot?.root ?? "/devices/any");
  if ("problem" in parsed) return [parsed.problem];
  const { address } = parsed;
  if (address.kind === "parameter") {
    if (address.node === undefined && robot && robot.node === undefined) {
      return [`${binding.address}: say which node, as in param:/node:${address.name}, or give the device its node`];
    }
    return [];
  }
  const found = types && address.type !== undefined ? checkTyped(address, binding, types) : [];
  if (binding.writable && address.type === undefined) {
    found.push(`${binding.address}: to be written it needs its message type, as in ${binding.address};type=geometry_msgs/Twist`);
  }
  if (binding.writable && address.topic.includes("+")) found.push(`${binding.address}: a topic with + can be heard, not written`);
  return found;
}

function checkTyped(address: TopicAddress, binding: Binding, types: TypeRegistry): string[] {
  const type = fullName(address.type!);
  if (!types.has(type)) return [`the type ${address.type} is not known: put its .msg into the folder of custom types`];
  const first = address.path[0]!;
  const names = types.get(type).fields.map(({ name }) => name);
  if ("field" in first && !names.includes(first.field)) return [`${type} has no field ${first.field}; it has ${names.join(", ")}`];
  try {
    types.dependencies(type);
  } catch (error) {
    return [messageOf(error)];
  }
  const exact = address.path.every((step) => "field" in step);
  const path = address.path.map((step) => ("field" in step ? step.field : "")).join(".");
  const known = exact ? [...scalarPaths(types, types.get(type))].map((entry) => entry.path) : [];
  if (exact && binding.writable && !known.includes(path)) return [`${path} is not a single value of ${type}`];
  return [];
}
