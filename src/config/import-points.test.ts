import { describe, expect, it } from "vitest";
import { writeCsv } from "./csv.ts";
import { siteOf } from "./fake-module.ts";
import { importPoints, type ImportOptions } from "./import-points.ts";
import { pointColumns, rowOf } from "./point-rows.ts";

const site = `# A tower.
site: { name: Tower }
areas: [{ id: floor-1 }]
templates:
  points: { temperature: { unit: Cel, scale: { gain: 0.1 }, poll: 60s } }
  devices:
    vav:
      area: floor-1
      poll: 5s
      unitId: "{n}"
      points: [{ id: zone-temp, template: temperature, address: "hr:{n}" }]
adapters:
  - id: bas
    protocol: modbus
    host: 10.0.0.9
    devices:
      - { id: "vav-{n}", template: vav, each: { n: 1..200 } }
      - { id: vav-x, template: vav, with: { n: 7 } }
      - id: empty   # nothing is read of it
      - id: meter   # in the cellar
        poll: 2s
        points:
          - { id: "phase-{p}", each: { p: 1..3 }, address: "hr:{p}" }
          - { id: power, address: hr:9, title: "Power; total", scale: { gain: 0.1 }, control: { evidence: { within: 9s } } }   # active
          - { id: mode, address: hr:10, kind: state, states: { 0: off, 1: on }, tags: { maker: "a, b", "p=q": "c;d\\\\e" } }
`;

const exported = (text: string) => {
  const { points, devices } = siteOf(text);
  const areas = new Map(devices.map(({ id, area }) => [id, area]));
  return points.map((point) => rowOf(point, areas.get(point.device)));
};

function imported(csv: string, text = site, options: Partial<ImportOptions> = {}) {
  const { points, devices } = siteOf(text);
  const rows = exported(text);
  return importPoints(text, csv, {
    devices: new Set(devices.map(({ id }) => id)),
    known: new Map(points.map(({ id }, index) => [id, rows[index]!])),
    ...options,
  });
}

const sheet = (change: (text: string) => string = (text) => text) => change(writeCsv(pointColumns, exported(site)));

describe("a list of points that went out and came back", () => {
  it("changes not a letter, templates and all", () => {
    expect(imported(sheet())).toEqual({ text: site, added: 0, changed: 0, unchanged: 206, devices: [] });
  });

  it("leaves the half of a scale or a range as it was whose cell is empty", () => {
    const text = site.replace("scale: { gain: 0.1 }, control", "scale: { gain: 2, offset: 5 }, range: { min: 0, max: 9 }, control");
    const made = imported("device,id,address,gain,offset,min,max\nmeter,power,hr:9,3,,,20\n", text);
    expect(made).toMatchObject({ changed: 1 });
    expect(siteOf((made as { text: string }).text).points.find(({ id }) => id === "meter/power")).toMatchObject({
      range: { min: 0, max: 20 },
      binding: { scale: { gain: 3, offset: 5 } },
    });
  });

  it("changes nothing as another program saves it: with a mark in front, semicolons, commas in numbers, Windows line ends", () => {
    const cells = exported(site).map((row) => pointColumns.map((name) => row[name] ?? ""));
    const saved = [pointColumns, ...cells].map((row) => row.map((cell) => (/[;,]/.test(cell) ? `"${cell}"` : cell)).join(";"));
    const text = `\uFEFF${saved.join("\r\n").replaceAll(";0.1;", ";0,1;").replaceAll(";yes", ";TRUE")}\r\n;;;;;;;;;;;;;;;\r\n`;
    expect(imported(text)).toEqual({ text: site, added: 0, changed: 0, unchanged: 206, devices: [] });
  });

  it("changes what was edited and leaves the rest as it was written", () => {
    const made = imported(
      sheet((text) => text.replace(/(\nmeter,power,.*),2s,/, "$1,10s,").replace("Power; total", "Power, all\r\nphases")),
    );
    expect(made).toMatchObject({ changed: 1, unchanged: 205 });
    const { text } = made as { text: string };
    for (const comment of ["# nothing is read of it", "# in the cellar", "# active"]) expect(text).toContain(comment);
    const others = (of: string) => siteOf(of).points.filter(({ id }) => id !== "meter/power");
    expect(others(text)).toEqual(others(site));
    expect(text).not.toContain("points: []");
    expect(siteOf(text).points.find(({ id }) => id === "meter/power")).toMatchObject({
      title: "Power, all\nphases",
      binding: { pollMs: 10_000, scale: { gain: 0.1 } },
      control: { evidence: { withinMs: 9_000 } },
    });
  });

  it("refines a point of a template where the device is written out, and nowhere else", () => {
    const edited = (device: string) =>
      sheet((text) => text.replace(new RegExp(`(\n${device},zone-temp,.*),1m,`), (_, before: string) => `${before},30s,`));
    const { text } = imported(edited("vav-x")) as { text: string };
    expect(siteOf(text).points.find(({ id }) => id === "vav-x/zone-temp")?.binding).toMatchObject({ pollMs: 30_000, address: "hr:7" });
    expect(imported(edited("vav-3"))).toEqual({
      problems: [{ line: 4, message: "device vav-3 is made from a template; change the template, or write the device out" }],
    });
    const phase = sheet((text) => text.replace("meter,phase-2,hr:2", "meter,phase-2,hr:5"));
    expect(imported(phase)).toMatchObject({ problems: [{ message: "meter/phase-2 is made by each: in the site file; change it there" }] });
  });
});

describe("a list of points with mistakes", () => {
  const problems = (csv: string) => {
    const made = imported(csv);
    return "problems" in made ? made.problems.map(({ line, message }) => `${line} ${message}`) : [];
  };

  it("tells each with its line", () => {
    expect(
      problems("device,id,address,writable\nmeter,a,hr:1,\nmeter,,hr:2,\nmeter,b,hr:3,perhaps\nmeter,a,hr:4,\nmeter,power,hr:9,no\n"),
    ).toEqual([
      "3 the id is missing",
      '4 writable must be yes, no or empty, not "perhaps"',
      "5 meter/a stands in line 2 already",
      "6 control is taken off a point in the site file, by hand",
    ]);
  });

  it("that is not UTF-8 says so, instead of taking over what nobody wrote", () => {
    expect(problems(Buffer.from("device,id,address,unit\nmeter,a,hr:1,\xb0C\n", "latin1").toString("utf8"))).toEqual([
      "2 is not UTF-8; save the list as CSV UTF-8",
    ]);
  });
});

it("new points go into a device that had none, in the file's own line ends", () => {
  const windows = site.replaceAll("\n", "\r\n");
  const { text } = imported("device\tid\taddress\nempty\ta\thr:1\n", windows) as { text: string };
  expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  expect(siteOf(text).points.map(({ id }) => id)).toContain("empty/a");
});

it("a new device takes its protocol's settings from columns of its own; what stands in the file is changed there", () => {
  const csv = "device,device.unitId,id,address\npump-1,7,speed,hr:1\npump-1,7,current,hr:2\npump-2,8,speed,hr:1\n";
  const made = imported(csv, site, { adapter: "bas" });
  expect(made).toMatchObject({ added: 3, devices: ["pump-1", "pump-2"] });
  const { adapters } = siteOf((made as { text: string }).text);
  expect(adapters[0]!.config.devices.slice(-2).map(({ options }) => options)).toEqual([{ unitId: 7 }, { unitId: 8 }]);
  expect(imported(csv.replace("pump-1,7,current", "pump-1,9,current"), site, { adapter: "bas" })).toEqual({
    problems: [{ line: 3, message: "device pump-1 has unitId 7; change it in the site file" }],
  });
});
