import type { AdapterConfig, Binding, Problem } from "#src/contract/adapter.ts";
import { schemaProblems } from "../kit/schema-problems.ts";
import { parseAddress } from "./address.ts";
import { placeToTell } from "./command.ts";
import {
  deviceOf,
  deviceSchema,
  linkOf,
  linkSchema,
  type DeviceLimits,
  type DeviceOptions,
  type Link,
  type LinkOptions,
} from "./config.ts";
import { parsePath } from "./path.ts";
import { filterProblem, topicBelow, topicProblem } from "./topic.ts";

/** Everything wrong with a configuration, before anything is dialled. */
export function checkConfig(config: AdapterConfig<LinkOptions, DeviceOptions>): readonly Problem[] {
  const problems = [...schemaProblems(linkSchema, config.link, ["link"])];
  const link = problems.length === 0 ? linkOf(config.link) : undefined;
  if (link) problems.push(...checkLink(link));
  let isPollTold = false;
  for (const [index, device] of config.devices.entries()) {
    const path = ["devices", index];
    const wrong = schemaProblems(deviceSchema, device.options, [...path, "options"]);
    problems.push(...wrong);
    const limits = wrong.length === 0 ? deviceOf(device.options) : undefined;
    const below = belowOf(device.id, limits, link);
    if (limits)
      problems.push(...checkDevice(limits, below).map((problem) => ({ ...problem, path: [...path, "options", ...problem.path] })));
    for (const [at, binding] of device.bindings.entries()) {
      const where = [...path, "bindings", at];
      problems.push(...checkBinding(binding, limits, below).map((message) => ({ path: [...where, "address"], message })));
      if (binding.pollMs === 0 || canBeAsked(binding, limits, below) || isPollTold) continue;
      // Said once: the remedy is one line for all of them.
      isPollTold = true;
      problems.push({ path: [...where, "pollMs"], message: "MQTT devices speak by themselves; write poll: never on the adapter; only points on a device's answerTopic can be asked" }); // prettier-ignore
    }
  }
  return problems;
}

/** A topic of this device, as it will be used; undefined while the options themselves are wrong. */
type Below = ((tail: string) => string) | undefined;

function belowOf(id: string, limits: DeviceLimits | undefined, link: Link | undefined): Below {
  return limits && link && ((tail) => topicBelow(limits.topic ?? link.topic, tail, limits.name ?? id));
}

function checkLink(link: Link): Problem[] {
  const problems: Problem[] = [];
  const browsing = filterProblem(link.browseTopic, true);
  if (browsing) problems.push({ path: ["link", "browseTopic"], message: `browseTopic: ${browsing}` });
  const base = link.topic === undefined ? undefined : filterProblem(link.topic);
  if (base) problems.push({ path: ["link", "topic"], message: `topic: ${base}` });
  for (const name of ["ca", "certificate", "key"] as const) {
    if (link[name] !== undefined && !link.tls) problems.push({ path: ["link", name], message: `${name} is of use with tls: true only` });
    else if (link[name] !== undefined && !link[name].includes("-----BEGIN "))
      problems.push({ path: ["link", name], message: `${name} is the text of a PEM file; write it as file:path` });
  }
  if ((link.certificate === undefined) !== (link.key === undefined))
    problems.push({ path: ["link", "certificate"], message: "certificate and key belong together; give both or neither" });
  if (link.password !== undefined && link.username === undefined)
    problems.push({ path: ["link", "username"], message: "a password needs a username beside it" });
  return problems;
}

function checkDevice(limits: DeviceLimits, below: Below): Problem[] {
  const problems: Problem[] = [];
  const say = (option: keyof DeviceLimits, problem: string | undefined) => {
    if (problem) problems.push({ path: [option], message: `${option}: ${problem}` });
  };
  for (const option of ["timePath", "sequencePath", "statusPath"] as const) {
    const parsed = parsePath(limits[option] ?? "");
    if ("problem" in parsed) say(option, parsed.problem);
  }
  if (limits.topic !== undefined) say("topic", filterProblem(limits.topic));
  for (const option of ["statusTopic", "answerTopic"] as const) {
    const topic = limits[option];
    if (topic !== undefined) say(option, filterProblem(below?.(topic) ?? topic));
  }
  for (const option of ["commandTopic", "askTopic"] as const) {
    const topic = limits[option];
    if (topic !== undefined) say(option, topicProblem(below?.(topic) ?? topic));
  }
  if ((limits.askTopic === undefined) !== (limits.answerTopic === undefined))
    say("askTopic", "a device that can be asked needs both askTopic and answerTopic");
  if (limits.statusTopic !== undefined && limits.online === limits.offline)
    say("offline", `${JSON.stringify(limits.offline)} cannot be the word for being away and for being there`);
  if ((limits.on === undefined) !== (limits.off === undefined)) say("on", "on and off belong together; give both or neither");
  if (limits.commandPayload !== undefined && !/\{(value|text)\}/.test(limits.commandPayload))
    say("commandPayload", "has neither {value} nor {text} in it, so every command would be the same");
  return problems;
}

function checkBinding(binding: Binding, limits: DeviceLimits | undefined, below: Below): string[] {
  const parsed = parseAddress(binding.address);
  if ("problem" in parsed) return [parsed.problem];
  const { address } = parsed;
  if (!limits || !below) return [];
  const problems: string[] = [];
  const listening = filterProblem(below(address.read.topic));
  if (listening) problems.push(`${binding.address}: ${listening}`);
  const place = placeToTell({ limits }, { address });
  if (binding.writable && !place)
    problems.push(`${binding.address} is to be written: give the device a commandTopic, or write the address as "state#x > command#x"`);
  const telling = binding.writable && place ? topicProblem(below(place.topic)) : undefined;
  if (telling) problems.push(`${binding.address}: it is told on ${below(place!.topic)}, and ${telling}`);
  return problems;
}

/** What is wrong with the address or the options is said elsewhere. */
function canBeAsked(binding: Binding, limits: DeviceLimits | undefined, below: Below): boolean {
  const parsed = parseAddress(binding.address);
  if ("problem" in parsed || !limits || !below) return true;
  return (
    limits.askTopic !== undefined && limits.answerTopic !== undefined && below(limits.answerTopic) === below(parsed.address.read.topic)
  );
}
