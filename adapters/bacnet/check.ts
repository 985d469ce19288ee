import type { AdapterConfig, Binding, Problem } from "#src/contract/adapter.ts";
import { schemaProblems } from "../kit/schema-problems.ts";
import { parseAddress, type PointAddress } from "./address.ts";
import { deviceSchema, linkSchema, type DeviceOptions, type LinkOptions } from "./config.ts";
import { typeOf } from "./points/value-type.ts";
import { normaliseAddress } from "./wire/udp-address.ts";

/** Everything wrong with a configuration, before anything is dialled. */
export function check(config: AdapterConfig<LinkOptions, DeviceOptions>): readonly Problem[] {
  const problems: Problem[] = [...schemaProblems(linkSchema, config.link, ["link"])];
  if (problems.length === 0) problems.push(...linkProblems(config.link));
  const instances = new Map<number, string>();
  config.devices.forEach((device, index) => {
    const at = ["devices", index];
    const found = schemaProblems(deviceSchema, device.options, [...at, "options"]);
    problems.push(...found, ...(found.length === 0 ? deviceProblems(device.options, [...at, "options"]) : []));
    if (found.length === 0) {
      const other = instances.get(device.options.instance);
      if (other !== undefined)
        problems.push({
          path: [...at, "options", "instance"],
          message: `instance ${device.options.instance} is ${other} already; instances are unique`,
        });
      instances.set(device.options.instance, device.id);
    }
    device.bindings.forEach((binding, i) => problems.push(...bindingProblems(binding, [...at, "bindings", i])));
  });
  return problems;
}

function linkProblems(link: LinkOptions): Problem[] {
  const problems: Problem[] = [];
  const addresses: readonly (readonly [string, readonly string[]])[] = [
    ["ownAddress", link.ownAddress === undefined ? [] : [link.ownAddress]],
    ["bbmd", link.bbmd === undefined ? [] : [link.bbmd]],
    ["broadcast", link.broadcast ?? []],
    ["whoIs", link.whoIs ?? []],
  ];
  for (const [name, list] of addresses) {
    for (const one of list)
      if (normaliseAddress(one) === undefined)
        problems.push({ path: ["link", name], message: `"${one}" is not an IPv4 address with a UDP port` });
  }
  const [host = "", port = ""] = (link.listen ?? "0.0.0.0:47808").split(":");
  if (normaliseAddress(`${host}:1`) === undefined || Number(port) > 65_535)
    problems.push({ path: ["link", "listen"], message: `"${link.listen}" is not an IPv4 address with a UDP port` });
  const [low = 0, high = 0] = (link.discover ?? "0-1").split("-").map(Number);
  if (low > high) problems.push({ path: ["link", "discover"], message: `the range ${link.discover} ends before it begins` });
  return problems;
}

function deviceProblems(options: DeviceOptions, at: readonly (string | number)[]): Problem[] {
  const problems: Problem[] = [];
  if (options.address !== undefined && normaliseAddress(options.address) === undefined) {
    problems.push({ path: [...at, "address"], message: `"${options.address}" is not an IPv4 address with a UDP port` });
  }
  if (options.mac !== undefined && options.network === undefined) {
    problems.push({ path: [...at, "mac"], message: "an address on a network behind a router needs the number of that network too" });
  }
  if (options.network !== undefined && options.mac === undefined && options.address !== undefined) {
    problems.push({
      path: [...at, "network"],
      message: "a router and a network do not say which station: give its mac, or leave out the address",
    });
  }
  if (options.timeZone !== undefined && !isTimeZone(options.timeZone)) {
    problems.push({ path: [...at, "timeZone"], message: `"${options.timeZone}" is not a time zone; write Europe/Berlin` });
  }
  return problems;
}

function bindingProblems(binding: Binding, at: readonly (string | number)[]): Problem[] {
  const parsed = parseAddress(binding.address);
  const path = [...at, "address"];
  if ("problem" in parsed) return [{ path, message: parsed.problem }];
  if (binding.writable && typeUnknown(parsed.address)) {
    return [
      { path, message: `what type ${binding.address} carries is not known, so it cannot be written; add ;as=real (or unsigned, text, …)` },
    ];
  }
  return [];
}

function typeUnknown(address: PointAddress): boolean {
  const structured = [38, 123, 23, 32].includes(address.property);
  return address.as === undefined && typeOf(address) === undefined && !structured;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
