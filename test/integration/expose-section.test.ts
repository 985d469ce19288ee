import { describe, expect, it } from "vitest";
import { modbusAdapter } from "#adapters/modbus/index.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { loadSite } from "#src/config/load-site.ts";

const modules = [modbusAdapter as unknown as AdapterModule];
const site = (expose: string): string => `site: { name: Test }
adapters:
  - id: field
    protocol: modbus
    host: 127.0.0.1
    devices:
      - id: pipe
        area: north
        points:
          - { id: flow, address: "input:2:f32" }
areas: [{ id: north }]
expose:
${expose}`;
const load = (expose: string) => loadSite(site(expose), { modules, path: "site.yaml", env: {}, readFile: () => "" });

describe("server sides in the site file", () => {
  it("are checked by the protocol they speak", () => {
    const loaded = load(`  - { id: scada, protocol: modbus, port: 0, points: [{ point: pipe/flow, address: "holding:0:f32" }] }`);
    expect("site" in loaded && loaded.site.expose).toMatchObject([{ id: "scada", protocol: "modbus", options: { port: 0 } }]);
  });

  it("are refused, with the line, for a protocol without one, an unknown point, a wrong address", () => {
    const loaded = load(`  - { id: a, protocol: smoke, points: [] }
  - { id: b, protocol: modbus, points: [{ point: pipe/flaw, address: "holding:0:f32" }] }
  - { id: c, protocol: modbus, points: [{ point: pipe/flow, address: "nowhere" }] }`);
    const problems = "problems" in loaded ? loaded.problems : [];
    expect(problems.map(({ line }) => line)).toEqual([13, 14, 15]);
    expect(problems.map(({ message }) => message).join("\n")).toMatch(/one of modbus[\s\S]*did you mean "pipe\/flow"[\s\S]*not an address/);
  });
});
