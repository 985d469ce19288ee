import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { problemsOf, siteOf } from "./fake-module.ts";

const caseText = (name: string) => readFileSync(fileURLToPath(new URL(`./cases/${name}`, import.meta.url)), "utf8");

const pumpHouse = `
site: { name: Pump house, timeZone: Europe/Vienna }
areas:
  - { id: north, title: North field }
adapters:
  - id: plant
    protocol: modbus
    host: 127.0.0.1
    poll: 2s
    devices:
      - id: v-101
        area: north
        unitId: 3
        points:
          - id: position
            address: hr:1
            unit: "%"
            range: { min: 0, max: 100 }
            staleAfter: 5s
          - id: command
            address: hr:0
            range: { min: 0, max: 100 }
            poll: never
            control:
              evidence: { point: position, within: 10s, hold: 2s }
              interlocks: [{ name: dry-run, blockedWhen: 'point("v-101/position") > 3', because: pump p-1 is running }]
          - { id: north/mode, address: hr:2, kind: state, states: { 0: hand, 1: auto } }
valves:
  - { id: v-101, command: v-101/command, position: v-101/position }
alarms:
  - { id: stuck, point: v-101/position, above: 90, onDelay: 1m30s, message: Valve v-101 is wide open }
`;

describe("a device", () => {
  it("carries which of its methods its protocol keeps for administrators", () => {
    expect(siteOf(pumpHouse).devices).toMatchObject([{ id: "v-101", protocol: "modbus", adminMethods: ["factory-reset"] }]);
  });
});

describe("a site file with mistakes", () => {
  it("gets one message for each of ten, each with its line", () => {
    const text = caseText("ten-mistakes/plainview.yaml");
    expect(`${problemsOf(text).join("\n")}\n`).toBe(caseText("ten-mistakes/expected.txt"));
    const marked = text.split("\n").flatMap((line, index) => (/# \d+$/.test(line) ? [index + 1] : []));
    expect(marked).toHaveLength(10);
    expect(problemsOf(text).map((line) => Number(line.split(":")[1]))).toEqual(marked);
  });

  it("with a reference that is not quoted inside braces is told that, and not what a parser made of the rest", () => {
    const rest = "adapters:\n  - id: a\n    devices: [ { id: b } ]\n";
    expect(problemsOf(`site: { name: x }\nserver: { port: \${PORT:-4000} }\n${rest}`)).toEqual([
      'plainview.yaml:2:17  a reference inside { } or [ ] stands in quotes: "${PORT:-4000}"',
    ]);
    expect(problemsOf(`site: { name: x\n${rest}${rest}`).length).toBeLessThanOrEqual(3);
  });

  it("that is no YAML at all says where it stops being YAML", () => {
    expect(problemsOf("site:\n  name: [unclosed\n")).toEqual([
      expect.stringMatching(/^plainview\.yaml:3:1 {2}is not readable as YAML here: /),
    ]);
  });

  it("that is empty says how to begin", () => {
    expect(problemsOf("")).toEqual([expect.stringContaining("begin with\nsite:")]);
  });

  it("is refused when it listens to the network in the clear", () => {
    expect(problemsOf("site: { name: x }\nserver: { host: 0.0.0.0 }")).toEqual([
      expect.stringContaining("plainview.yaml:2:17  server.host: listening on 0.0.0.0"),
    ]);
    expect(problemsOf("site: { name: x }\nserver: { host: 0.0.0.0, proxy: true }")).toEqual([]);
  });

  it("is refused when loopback needs no sign-in and a proxy makes everyone loopback", () => {
    expect(problemsOf("site: { name: x }\nserver: { proxy: true }\nauth: { loopback: operator }")).toEqual([
      expect.stringContaining("plainview.yaml:3:19  auth.loopback: cannot be used with server.proxy"),
    ]);
  });

  it("names a protocol that is not there and what was meant", () => {
    const text = "site: { name: x }\nadapters:\n  - { id: a, protocol: modbsu }";
    expect(problemsOf(text)).toEqual([
      'plainview.yaml:3:24  adapters[a].protocol: there is no adapter for "modbsu"; did you mean "modbus"?',
    ]);
  });

  it("is not brought down by aliases that contain themselves or keys that are no keys", () => {
    expect(problemsOf("site: &a\n  name: *a\n")).toEqual([expect.stringContaining("refers to something that contains it")]);
    expect(problemsOf("site: { name: x }\n__proto__: { polluted: true }")).toEqual([expect.stringContaining("is not a usable key")]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("says of a misspelt section which one was meant", () => {
    expect(problemsOf("site: { name: x }\nalarm: []")).toEqual([
      'plainview.yaml:2:1  alarm: is not a known setting; did you mean "alarms"?',
    ]);
  });
});

describe("a sound site file", () => {
  const site = siteOf(pumpHouse);

  it("gives points whole ids, inherited areas and readable durations", () => {
    expect(site.points.map(({ id, area }) => [id, area])).toEqual([
      ["v-101/position", "north"],
      ["v-101/command", "north"],
      ["north/mode", "north"],
    ]);
    expect(site.points[0]).toMatchObject({ staleAfterMs: 5000, binding: { adapter: "plant", address: "hr:1", pollMs: 2000 } });
    expect(site.points[1]).toMatchObject({ binding: { pollMs: 0 } });
    expect(site.rules[0]).toMatchObject({ when: "above", limit: 90, onDelayMs: 90_000, offDelayMs: 0, priority: "medium" });
  });

  it("fills in what a control leaves out: limits from the range, half a percent of tolerance", () => {
    expect(site.points[1]?.control).toMatchObject({
      mode: "slots",
      default: "leave",
      limits: { min: 0, max: 100 },
      evidence: { point: "v-101/position", tolerance: 0.5, withinMs: 10_000, holdMs: 2_000 },
      interlocks: [{ name: "dry-run", onBad: "block" }],
    });
  });

  it("hands each adapter its own configuration, checked and with defaults", () => {
    expect(site.adapters[0]?.config).toMatchObject({
      id: "plant",
      link: { host: "127.0.0.1", port: 502 },
      devices: [
        {
          id: "v-101",
          options: { unitId: 3 },
          bindings: [
            { point: "v-101/position", address: "hr:1", writable: false, pollMs: 2000 },
            { point: "v-101/command", writable: true, pollMs: 0 },
            { point: "north/mode", kind: "state", pollMs: 2000 },
          ],
        },
      ],
    });
  });

  it("keeps its revision when only its spelling changes, and changes it with the plant", () => {
    expect(siteOf(`# a comment\n${pumpHouse}`).revision).toBe(site.revision);
    expect(siteOf(pumpHouse.replace("poll: 2s", "poll: 2000ms")).revision).toBe(site.revision);
    expect(siteOf(`${pumpHouse}log: { level: debug }`).revision).toBe(site.revision);
    expect(siteOf(pumpHouse.replace("max: 100", "max: 90")).revision).not.toBe(site.revision);
  });

  it("takes the database from the environment when the file does not say", () => {
    const url = "postgres://me:open-sesame@db/plant";
    const given = siteOf("site: { name: x }", { env: { DATABASE_URL: url } });
    expect(given.store.databaseUrl).toBe(url);
    expect(given.secrets).toContain("open-sesame");
    expect(siteOf("site: { name: x }").store.databaseUrl).toBeUndefined();
  });

  it("keeps what it is told to keep, and for good when it is told so", () => {
    const day = 86_400_000;
    expect(site.store.retention).toEqual({ samplesMs: 90 * day, recordingMs: 30 * day, rollupsMs: 730 * day });
    expect(siteOf(`${pumpHouse}store: { retention: { samples: forever, rollups: 5y } }`).store.retention).toEqual({
      recordingMs: 30 * day,
      rollupsMs: 5 * 365 * day,
    });
  });

  it("warns of units that no machine knows", () => {
    const warned = siteOf(pumpHouse.replace('unit: "%"', "unit: °C"));
    expect(warned.warnings).toEqual([expect.objectContaining({ line: 17, message: '"°C" is not a UCUM code; write Cel' })]);
  });

  it("asks whoever knows conditions about each interlock, and shows the answer at its line", () => {
    const asked: unknown[] = [];
    const problems = problemsOf(pumpHouse, {
      checkInterlock(interlock, target, kindOf) {
        asked.push([interlock.name, target, kindOf("north/mode"), kindOf("nowhere")]);
        return "it makes no sense";
      },
    });
    expect(asked).toEqual([["dry-run", "number", "state", undefined]]);
    expect(problems).toEqual([expect.stringMatching(/:26:\d+ .*interlocks\[dry-run\]\.blockedWhen: it makes no sense$/)]);
  });
});
