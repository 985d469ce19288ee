import { expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";
import type { Links, LinkStatus } from "#src/contract/gateway.ts";
import { linkMetrics } from "./link-metrics.ts";
import { textOf } from "./prometheus-text.ts";

it("what an adapter counts itself is told by name, lists and devices left out", () => {
  const [link] = serverRig().services.links.status() as [LinkStatus];
  const health = { late: 2, framing: "rtu", exceptions: { 2: 7 }, devices: { "plc-1": { heard: 1 } }, waiting: [1, 2], resting: null };
  const told = textOf(linkMetrics({ status: () => [{ ...link, health }] } as unknown as Links)).split("\n");
  const labels = 'adapter="modbus-1",device="",protocol="modbus"';
  expect(told.filter((line) => line.startsWith("plainview_link_health"))).toEqual([
    `plainview_link_health{${labels},name="late"} 2`,
    `plainview_link_health{${labels},name="exceptions.2"} 7`,
  ]);
});
