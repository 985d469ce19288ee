import { describe, expect, it } from "vitest";
import { problemsOf, siteOf } from "./fake-module.ts";

const floors = `
site: { name: Tower }
areas: [{ id: floor-1 }, { id: floor-2 }]
templates:
  points:
    temperature: { unit: Cel, range: { min: -20, max: 60 }, poll: 10s }
  devices:
    vav:
      parameters: { base: 0, floor: }
      title: "VAV {n:03}"
      area: floor-{floor}
      unitId: "{n}"
      points:
        - { id: zone-temp, template: temperature, address: "hr:{n*10+1}", title: "Zone of {device}" }
        - { id: damper, address: "hr:{n*10+base}", control: { evidence: { point: zone-temp } } }
adapters:
  - id: bas
    protocol: modbus
    host: 127.0.0.1
    devices:
      - id: vav-{n}
        template: vav
        each: { n: 1..200 }
        with: { floor: 1, base: 2 }
        points:
          - { id: zone-temp, poll: 1s }
          - { id: "cell-{k}", each: { k: [1, 3..4] }, address: "hr:{k}" }
      - { id: plain, points: [{ id: "in", address: hr:7, title: "as {written}" }] }
`;

describe("a device template", () => {
  const site = siteOf(floors);
  const points = new Map(site.points.map((point) => [point.id, point]));

  it("makes two hundred equal units", () => {
    expect(site.devices).toHaveLength(201);
    expect(site.points).toHaveLength(200 * 5 + 1);
    expect(site.devices[6]).toMatchObject({ id: "vav-7", adapter: "bas", protocol: "modbus", title: "VAV 007", area: "floor-1" });
    expect(site.adapters[0]?.config.devices[6]?.options).toEqual({ unitId: 7 });
  });

  it("fills in parameters, sums and the device's own name", () => {
    expect(points.get("vav-7/damper")?.binding.address).toBe("hr:72");
    expect(points.get("vav-7/zone-temp")).toMatchObject({ title: "Zone of vav-7", unit: "Cel", binding: { address: "hr:71" } });
    expect(points.get("vav-7/damper")?.control?.evidence.point).toBe("vav-7/zone-temp");
  });

  it("yields to what the entry itself says, point by point", () => {
    expect(points.get("vav-7/zone-temp")?.binding.pollMs).toBe(1000);
    expect([...points.keys()].filter((id) => id.startsWith("vav-200/"))).toEqual([
      "vav-200/zone-temp",
      "vav-200/damper",
      "vav-200/cell-1",
      "vav-200/cell-3",
      "vav-200/cell-4",
    ]);
  });

  it("leaves entries without a template as they are written", () => {
    expect(points.get("plain/in")?.title).toBe("as {written}");
  });

  it("counts by rows when a list of groups is given", () => {
    const rows = siteOf(floors.replace("each: { n: 1..200 }", "each: [{ n: 1, floor: 1 }, { n: 9, floor: 2 }]").replace("floor: 1, ", ""));
    expect(rows.devices.map(({ id, area }) => [id, area]).slice(0, 2)).toEqual([
      ["vav-1", "floor-1"],
      ["vav-9", "floor-2"],
    ]);
  });
});

describe("a mistake in a template", () => {
  it("is told once, at the template's own line, for all that were made from it", () => {
    const problems = problemsOf(floors.replace("hr:{n*10+base}", "hr{n}"));
    expect(problems).toEqual([
      'plainview.yaml:15:34  adapters[bas].devices[vav-1].points[damper].address: "hr1" is not an address; write hr:12 or co:3 (and 199 more from this line)',
    ]);
  });

  it("of a placeholder names what there is", () => {
    expect(problemsOf(floors.replace("{n*10+base}", "{m}"))).toEqual([
      expect.stringMatching(/^plainview\.yaml:15:34 .*\{m\} has no value here; known: n, floor, base, device$/),
    ]);
    expect(problemsOf(floors.replace("VAV {n:03}", "VAV {n ! 3}"))[0]).toMatch(
      /^plainview\.yaml:10:14 .*is not a placeholder; write \{name\}/,
    );
  });

  it("is told when a parameter is not given", () => {
    expect(problemsOf(floors.replace("floor: 1, base", "base"))).toEqual([
      expect.stringMatching(/:22:19 .*this template needs "floor"; add with: \{ floor: … \}/),
    ]);
  });

  it("is told when the template is not there", () => {
    expect(problemsOf(floors.replace("template: vav", "template: vaw"))[0]).toMatch(
      /:22:19 .*there is no template "vaw" for devices; did you mean "vav"\?/,
    );
  });

  it("does not fill the memory", () => {
    expect(problemsOf(floors.replace("1..200", "1..999999999"))[0]).toContain("must count upwards, 100000 at most");
    expect(problemsOf(floors.replace("{ n: 1..200 }", "{ n: 1..50000, m: 1..50000 }"))[0]).toContain("makes more than 100000 units");
  });
});
