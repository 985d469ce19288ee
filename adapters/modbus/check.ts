import type { AdapterConfig, Binding, Problem } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { schemaProblems } from "../kit/schema-problems.ts";
import { isBitTable, parseAddress, parseStretch, widthOf, type Address, type Stretch } from "./address.ts";
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

/** Everything wrong with a configuration, before anything is dialled. */
export function checkConfig(config: AdapterConfig<LinkOptions, DeviceOptions>): readonly Problem[] {
  const problems = [...schemaProblems(linkSchema, config.link, ["link"])];
  const link = problems.length === 0 ? linkOf(config.link) : undefined;
  if (link) problems.push(...checkLink(link));
  for (const [index, device] of config.devices.entries()) {
    const path = ["devices", index];
    const wrong = schemaProblems(deviceSchema, device.options, [...path, "options"]);
    problems.push(...wrong);
    const limits = wrong.length === 0 ? deviceOf(device.options) : undefined;
    const forbidden = (limits?.forbidden ?? []).map(parseStretch);
    for (const [at, stretch] of forbidden.entries()) {
      if (!stretch)
        problems.push({
          path: [...path, "options", "forbidden", at],
          message: `${JSON.stringify(limits?.forbidden?.[at])} is not a stretch; write it as "holding:100-120"`,
        });
    }
    const known = forbidden.filter((stretch) => stretch !== undefined);
    for (const [at, binding] of device.bindings.entries()) {
      problems.push(
        ...checkBinding(binding, limits, known, link).map((message) => ({ path: [...path, "bindings", at, "address"], message })),
      );
    }
  }
  return problems;
}

function checkLink(link: Link): Problem[] {
  const problems: Problem[] = [];
  if (link.transport === "serial" && link.path === undefined)
    problems.push({ path: ["link", "path"], message: 'a serial link needs its port, as in path: "/dev/ttyUSB0"' });
  if (link.transport !== "serial" && link.host === undefined)
    problems.push({ path: ["link", "host"], message: 'a TCP link needs to know where to dial, as in host: "10.0.0.7"' });
  if (link.transport === "tcp" && link.echo)
    problems.push({
      path: ["link", "echo"],
      message: 'only serial lines repeat what is sent: echo needs transport: "serial" or "rtu-over-tcp"',
    });
  const [from = 0, to = 0] = link.scanUnits.split("-").map(Number);
  if (from > to || to > 255)
    problems.push({ path: ["link", "scanUnits"], message: `${link.scanUnits} is not a stretch of unit ids between 0 and 255` });
  return problems;
}

function checkBinding(binding: Binding, limits: DeviceLimits | undefined, forbidden: readonly Stretch[], link: Link | undefined): string[] {
  const parsed = parseAddress(binding.address);
  if ("problem" in parsed) return [parsed.problem];
  const { address } = parsed;
  const problems: string[] = [];
  const kindProblem = checkKind(address, binding.kind);
  if (kindProblem) problems.push(kindProblem);
  if (binding.writable && (address.table === "discrete" || address.table === "input")) {
    const what = address.table === "input" ? "an input register" : "a discrete input";
    problems.push(`${binding.address}: ${what} can only be read; take control off this point`);
  }
  const most = isBitTable(address.table) ? limits?.maxBits : limits?.maxRegisters;
  if (most !== undefined && widthOf(address) > most)
    problems.push(`${binding.address} takes ${widthOf(address)} registers, and this device gives at most ${most} in one read`);
  const last = address.at + widthOf(address) - 1;
  const hit = forbidden.find((stretch) => stretch.table === address.table && stretch.from <= last && stretch.to >= address.at);
  if (hit) problems.push(`${binding.address} lies in ${hit.table}:${hit.from}-${hit.to}, which this device's options forbid to touch`);
  if (limits?.unit === 0 && link && link.transport !== "tcp" && binding.pollMs > 0) {
    problems.push(`${binding.address}: unit 0 is a broadcast on RTU and never answers; it can be written, not polled`);
  }
  return problems;
}

function checkKind(address: Address, kind: PointKind): string | undefined {
  if (address.type === "string" && kind !== "text") return `a string belongs to a point of kind text, not ${kind}`;
  if (address.type !== "string" && kind === "text")
    return `a ${address.type} belongs to a point of kind number, state or boolean, not text`;
  if (/^f/.test(address.type) && kind !== "number") return `a ${address.type} belongs to a point of kind number, not ${kind}`;
  return undefined;
}
