import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AdapterModule, Found } from "#src/contract/adapter.ts";
import { fakeModule, siteOf } from "#src/config/fake-module.ts";
import { startControlDoor } from "#demo/control/door.ts";
import { startDemo } from "#demo/start.ts";
import { run } from "./fake-terminal.ts";

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), "plainview-cli-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

const site = `# our plant
site: { name: Pump house }
adapters:
  - id: plant
    protocol: modbus
    host: 127.0.0.1
    devices:
      - id: tank-1 # the tall one
        points:
          - { id: level, address: hr:1, unit: m, range: { min: 0, max: 4 } } # by radar
          - { id: inlet, address: hr:2, control: { evidence: { within: 9s } } }
`;
const put = (name: string, text: string) => writeFileSync(join(cwd, name), text);
const get = (name: string) => readFileSync(join(cwd, name), "utf8");

describe("check", () => {
  it("says that a site file is sound", async () => {
    put("plainview.yaml", site);
    expect(await run(["check"], { cwd })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^plainview\.yaml is sound: Pump house, 1 adapters, 1 devices, 2 points/),
    });
    expect((await run(["check", "--json"], { cwd })).json()).toMatchObject({ ok: true, points: 2 });
  });

  it("tells ten mistakes with their lines and ends with 1", async () => {
    const path = fileURLToPath(new URL("../config/cases/ten-mistakes/plainview.yaml", import.meta.url));
    const ran = await run(["check", path], { cwd });
    expect(ran.code).toBe(1);
    expect(ran.out.split("\n")).toHaveLength(10);
    expect(ran.err).toBe("10 problems; nothing was started");
    expect((await run(["check", path, "--json"], { cwd })).json<{ problems: unknown[] }>().problems).toHaveLength(10);
  });

  it("asks the gateway's own code about interlocks", async () => {
    put("plainview.yaml", site.replace("evidence: { within: 9s }", "interlocks: [{ name: i, blockedWhen: nonsense, because: b }]"));
    const checkInterlock = async () => () => "interlock i: nonsense is not known";
    expect(await run(["check"], { cwd, root: { checkInterlock } })).toMatchObject({
      code: 1,
      out: expect.stringContaining("nonsense is not known"),
    });
  });

  it("prints a schema for editors and the site as it was understood, without secrets", async () => {
    put("plainview.yaml", site.replace("host: 127.0.0.1", "host: 127.0.0.1\n    password: open-sesame"));
    expect((await run(["check", "--schema"], { cwd })).json()).toMatchObject({ title: "plainview.yaml" });
    const shown = await run(["check", "--show"], { cwd });
    expect(shown.json<{ points: { id: string }[] }>().points.map(({ id }) => id)).toEqual(["tank-1/level", "tank-1/inlet"]);
    expect(shown.out).not.toContain("open-sesame");
    expect(shown.json<{ devices: { id: string; settings: object }[] }>().devices[0]).toMatchObject({
      id: "tank-1",
      settings: { unitId: 1 },
    });
  });

  it("of a file that is not there says so in words", async () => {
    expect(await run(["check", "nowhere.yaml"], { cwd })).toMatchObject({
      code: 1,
      out: expect.stringContaining("nowhere.yaml:1:1  does not exist"),
    });
  });
});

describe("points as a spreadsheet", () => {
  it("go out and come back without changing anything", async () => {
    put("plainview.yaml", site);
    const { out, code } = await run(["points", "export"], { cwd });
    expect(code).toBe(0);
    expect(out.split("\n")[1]).toBe("tank-1,level,hr:1,number,m,,,0,4,,,,,,,");
    put("points.csv", out);
    expect(await run(["points", "import", "points.csv", "--write"], { cwd })).toMatchObject({
      code: 0,
      out: expect.stringContaining("0 points added, 0 changed, 2 as they were"),
    });
    expect(siteOf(get("plainview.yaml")).points).toEqual(siteOf(site).points);
  });

  it("leave the site file to its owner, readable for whom it was", async () => {
    put("plainview.yaml", site);
    chmodSync(join(cwd, "plainview.yaml"), 0o644);
    put("points.csv", "device,id,address\ntank-1,level,hr:3\n");
    expect((await run(["points", "import", "points.csv", "--write"], { cwd })).code).toBe(0);
    expect(statSync(join(cwd, "plainview.yaml")).mode & 0o777).toBe(0o644);
  });

  it("come in beside what is there: comments stay, controls stay, nothing is removed", async () => {
    put("plainview.yaml", site);
    put(
      "points.csv",
      "device;id;address;unit;states;kind;min;max\ntank-1;inlet;hr:7;;;;;\ntank-1;pump;hr:9;;0=off;state;;\ntank-2;level;hr:1;m;;;0;4\n".replace(
        "0=off",
        '"0=off;1=on"',
      ),
    );
    expect((await run(["points", "import", "points.csv", "--adapter", "plant"], { cwd })).out).toBe(
      "2 points added, 1 changed, 0 as they were; say --write to change the site file",
    );
    expect(get("plainview.yaml")).toBe(site);
    await run(["points", "import", "points.csv", "--adapter", "plant", "--write"], { cwd });
    const text = get("plainview.yaml");
    expect(text).toContain("# the tall one");
    expect(text).toContain("# by radar");
    const points = new Map(siteOf(text).points.map((point) => [point.id, point]));
    expect(points.get("tank-1/inlet")).toMatchObject({ binding: { address: "hr:7" }, control: { evidence: { withinMs: 9000 } } });
    expect(points.get("tank-1/pump")?.states).toEqual({ 0: "off", 1: "on" });
    expect(points.get("tank-2/level")).toMatchObject({ device: "tank-2", range: { min: 0, max: 4 } });
  });

  it("with mistakes change nothing and are told with their rows", async () => {
    put("plainview.yaml", site);
    put("points.csv", "device,id,address,min\ntank-9,a,hr:1,\ntank-1,b,hr:1,low\n");
    const ran = await run(["points", "import", "points.csv", "--write"], { cwd });
    expect(ran).toMatchObject({
      code: 1,
      err: 'points.csv:2  there is no device tank-9; say --adapter to add it there\npoints.csv:3  min must be a number, not "low"',
    });
    put("points.csv", "device,id,address\ntank-1,new,not an address\n");
    expect((await run(["points", "import", "points.csv", "--write"], { cwd })).err).toContain('"not an address" is not an address');
    put("points.csv", 'device,id,adress\ntank-1,"open\n');
    expect((await run(["points", "import", "points.csv"], { cwd })).err).toBe("points.csv:2  a quote is not closed");
    expect(get("plainview.yaml")).toBe(site);
  });

  it("of a templated device are refused: the template is the place", async () => {
    put("plainview.yaml", site.replace("id: tank-1 # the tall one", 'id: "tank-{n}"\n        each: { n: 1..2 }'));
    put("points.csv", "device,id,address\ntank-2,level,hr:7\n");
    expect((await run(["points", "import", "points.csv"], { cwd })).err).toContain("device tank-2 is made from a template");
  });
});

describe("discover", () => {
  const found: Found[] = [
    {
      device: { id: "Unit 3", title: "Third", options: { unitId: 3 } },
      point: { id: "Flow Rate", address: "hr:1", kind: "number", unit: "L/min", writable: false },
    },
    {
      device: { id: "Unit 3", options: { unitId: 3 } },
      point: { id: "flow/rate", address: "hr:2", kind: "state", writable: true, states: { 0: "off" } },
    },
  ];
  const searching = (browse: boolean) => ({
    ...(fakeModule as unknown as AdapterModule),
    create: () => ({
      connect: async () => ({
        lost: new Promise<Error>(() => {}),
        read: async () => [],
        close: async () => {},
        ...(browse && {
          async *browse() {
            yield* found;
          },
        }),
      }),
    }),
  });
  const withModule = (module: AdapterModule) => ({ cwd, root: { modules: async () => [module] } });

  it("prints a piece of a site file that the site file takes", async () => {
    const ran = await run(["discover", "modbus", "host=10.0.0.5", "port=1502"], withModule(searching(true)));
    expect(ran.code).toBe(0);
    expect(ran.err).toBe("1 devices, 2 points");
    const made = siteOf(`site: { name: x }\nadapters:\n${ran.out}`);
    expect(made.points.map(({ id }) => id)).toEqual(["unit-3/flow-rate", "unit-3/flow-rate-2"]);
    expect(made.adapters[0]?.config.link).toMatchObject({ host: "10.0.0.5", port: 1502 });
    expect(made.adapters[0]?.config.devices[0]?.options).toEqual({ unitId: 3 });
    expect(made.points[1]?.control).toBeDefined();
  });

  it("says what is wrong with the options, and what a protocol cannot", async () => {
    expect(await run(["discover", "modbus", "prot=1"], withModule(searching(true)))).toMatchObject({
      code: 2,
      err: expect.stringContaining('prot is not a known setting; did you mean "port"?'),
    });
    expect(await run(["discover", "modbuss"], withModule(searching(true)))).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "modbus"?'),
    });
    expect((await run(["discover", "modbus", "host=h"], withModule(searching(false)))).code).toBe(1);
  });
});

describe("audit", () => {
  const lines = ['{"seq":1,"hash":"aa"}', '{"checkpoint":{"seq":1}}', '{"seq":2,"hash":"bb"}'];
  const exportAudit = async (folder: string) => (folder.endsWith("kept") ? lines : []);

  it("head and export read the data folder that the site file names", async () => {
    put("plainview.yaml", `${site}data: { folder: kept }\n`);
    expect((await run(["audit", "head"], { cwd, root: { exportAudit } })).out).toBe('{"seq":2,"hash":"bb"}');
    expect((await run(["audit", "export", "--data", "kept"], { cwd, root: { exportAudit } })).out.split("\n")).toEqual(lines);
  });

  it("verify hands over export, head and key, and ends with 1 on the first wrong entry", async () => {
    put("audit.ndjson", lines.join("\n"));
    put("heads", '{"seq":1,"hash":"aa"}\n{"seq":2,"hash":"bb"}\n');
    put("key.pub", "PEM");
    let given: unknown;
    const verifyAudit = async (_: Iterable<string>, options: unknown) => {
      given = options;
      return { ok: false as const, finding: "altered", seq: 2, message: "entry 2 is not what was recorded" };
    };
    const ran = await run(["audit", "verify", "audit.ndjson", "--head", "heads", "--key", "key.pub"], { cwd, root: { verifyAudit } });
    expect(ran).toMatchObject({ code: 1, out: "altered: entry 2 is not what was recorded" });
    expect(given).toEqual({ head: { seq: 2, hash: "bb" }, publicKey: "PEM" });
    expect((await run(["audit", "verify", "audit.ndjson", "--head", "{}"], { cwd, root: { verifyAudit } })).code).toBe(2);
  });
});

describe("start", () => {
  it("hands over to the gateway and keeps its exit code", async () => {
    const asked: unknown[] = [];
    const root = { runGateway: async (options: { out: (line: string) => void }) => (options.out("ready"), asked.push(options), 0) };
    expect(await run(["start", "--demo"], { cwd, root })).toMatchObject({ code: 0, err: "ready" });
    expect(
      await run(["start", "here.yaml"], { cwd, root: { ...root, runGateway: async (options) => (asked.push(options), 1) } }),
    ).toMatchObject({ code: 1 });
    expect(asked).toMatchObject([{ demo: true }, { siteFile: join(cwd, "here.yaml") }]);
  });
});

describe("demo", () => {
  it("breaks the plant and looks behind its instruments", async () => {
    const demo = await startDemo({ portModbus: null, portMqtt: null, speed: 0 });
    const door = await startControlDoor(demo, 0);
    const env = { PLAINVIEW_DEMO_URL: `http://127.0.0.1:${door.port}` };
    try {
      expect((await run(["demo", "fault", "v-101", "stuck-valve"], { env })).code).toBe(0);
      expect((await run(["demo", "faults"], { env })).out).toMatch(/^on: stuck-valve on v-101/);
      expect((await run(["demo", "fault", "v-101", "stuck-valve", "--off"], { env })).code).toBe(0);
      expect((await run(["demo", "faults", "--json"], { env })).json()).toMatchObject({ on: [] });
      expect(await run(["demo", "fault", "v-101", "hiccups"], { env })).toMatchObject({
        code: 1,
        err: expect.stringContaining('there is no fault "hiccups"'),
      });
      expect((await run(["demo", "fault", "pipe", "slow-device", "delayMs"], { env })).code).toBe(2);
      expect((await run(["demo", "plant"], { env })).out).toContain("v-101/position");
      const incidents = (await run(["demo", "incidents", "--json"], { env })).json<{ known: { name: string }[] }>();
      expect((await run(["demo", "incident", incidents.known[0]!.name], { env })).code).toBe(0);
      expect((await run(["demo", "log", "v-101"], { env })).code).toBe(0);
    } finally {
      await door.close();
      await demo.close();
    }
    expect((await run(["demo", "plant"], { env })).code).toBe(3);
  });
});

it("hash-password reads standard input and wants ten characters", async () => {
  expect((await run(["hash-password"], { input: "correct horse\n" })).out).toBe("scrypt$of$13");
  expect((await run(["hash-password"], { input: "short\n" })).code).toBe(2);
});

describe("completion", () => {
  it("in bash offers commands, subcommands, options and the gateway's points", async () => {
    const { out } = await run(["completion", "bash"]);
    const complete = (line: string) => {
      const words = line.split(" ");
      const script = `plainview() { echo tank-1/level; echo v-101/position; }\n${out}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _plainview; echo "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim();
    };
    expect(complete("plainview wr")).toBe("write");
    expect(complete("plainview audit v")).toBe("verify");
    expect(complete("plainview points im")).toBe("import");
    expect(complete("plainview write --pri")).toBe("--priority");
    expect(complete("plainview read tank")).toBe("tank-1/level");
  });

  it("there is for zsh and fish too, and for nothing else", async () => {
    expect((await run(["completion", "zsh"])).out).toMatch(/^#compdef plainview/);
    expect((await run(["completion", "fish"])).out).toContain(
      'complete -c plainview -f -n "__fish_seen_subcommand_from write" -l priority',
    );
    expect((await run(["completion", "tcsh"])).code).toBe(2);
  });
});
