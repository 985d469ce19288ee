import { expect, test } from "vitest";
import { allowedSubnets, Routes, type LocalInterface } from "./routes.ts";
import { parseSubnet, subnetContains, subnetOf } from "./subnet.ts";

const office: LocalInterface = { address: "192.168.1.5", subnet: parseSubnet("192.168.1.0/24") };
const plant: LocalInterface = { address: "10.0.0.5", subnet: parseSubnet("10.0.0.0/8") };
const cell: LocalInterface = { address: "10.1.2.5", subnet: parseSubnet("10.1.2.0/24") };
const loop: LocalInterface = { address: "127.0.0.1", subnet: parseSubnet("127.0.0.0/8") };

test("subnets are read and tested as people write them", () => {
  expect(subnetContains(parseSubnet("10.1.0.0/16"), "10.1.255.3")).toBe(true);
  expect(subnetContains(parseSubnet("10.1.0.0/16"), "10.2.0.1")).toBe(false);
  expect(subnetContains(parseSubnet("0.0.0.0/0"), "200.1.1.1")).toBe(true);
  expect(subnetOf("192.168.1.77", "255.255.255.0")).toEqual(parseSubnet("192.168.1.0/24"));
  for (const bad of ["10.1.0.0/33", "10.1.0/8", "host/8", "10.1.2.3/", "10.1.2.300/8"])
    expect(() => parseSubnet(bad)).toThrow("not of the form");
});

test("of a peer's addresses the one in the narrowest subnet we share is taken, through the interface there", () => {
  const routes = new Routes([office, plant, cell], allowedSubnets(undefined, [office, plant, cell], []));
  const at = (host: string) => ({ host, port: 7411 });
  expect(routes.choose([at("10.9.9.9"), at("10.1.2.9"), at("192.168.1.9")], false)).toMatchObject({ via: 1 + 1, host: "10.1.2.9" });
  expect(routes.choose([at("10.9.9.9")], false)).toMatchObject({ via: 1, host: "10.9.9.9" });
});

test("nothing is ever sent outside of the allowed subnets, and what was refused is counted", () => {
  const routes = new Routes([office], allowedSubnets(["192.168.1.0/28"], [office], ["8.8.8.8"]));
  expect(routes.choose([{ host: "8.8.8.8", port: 53 }], false)).toBeUndefined();
  expect(routes.choose([{ host: "192.168.1.200", port: 7411 }], false)).toBeUndefined();
  expect(routes.to({ host: "8.8.8.8", port: 53 })).toBeUndefined();
  expect(routes.choose([{ host: "192.168.1.9", port: 7411 }], false)).toMatchObject({ host: "192.168.1.9" });
  expect(routes.refusedLocators).toBe(3);
});

test("a loopback address is another machine's own unless the announcement came from loopback", () => {
  const routes = new Routes([office, loop], allowedSubnets(undefined, [office, loop], []));
  const both = [
    { host: "127.0.0.1", port: 7411 },
    { host: "192.168.1.9", port: 7411 },
  ];
  expect(routes.choose(both, false)).toMatchObject({ host: "192.168.1.9" });
  expect(routes.choose([both[0]!], true)).toMatchObject({ host: "127.0.0.1", via: 1 });
});
