import { describe, expect, it } from "vitest";
import { describeDiff, diffSites, startSections } from "./diff-sites.ts";
import { siteOf } from "./fake-module.ts";

const text = `
site: { name: x }
adapters:
  - id: a
    protocol: modbus
    host: 127.0.0.1
    devices:
      - { id: d1, points: [{ id: p, address: hr:1 }, { id: q, address: hr:2, unit: Pa }] }
      - { id: d2, points: [{ id: p, address: hr:1 }] }
  - { id: b, protocol: modbus, host: 127.0.0.2 }
`;
const diffOf = (change: (text: string) => string) => diffSites(siteOf(text), siteOf(change(text)));

describe("the difference between two site files", () => {
  it("is empty when only comments changed", () => {
    const diff = diffOf((old) => `# later\n${old}`);
    expect(diff.isEmpty).toBe(true);
    expect(describeDiff(diff)).toBe("nothing has changed");
  });

  it("names the one device whose address changed and nothing else", () => {
    const diff = diffOf((old) => old.replace("id: q, address: hr:2", "id: q, address: hr:3"));
    expect(diff.adapters.changed.map(({ after, devices }) => [after.id, devices.changed])).toEqual([["a", ["d1"]]]);
    expect(diff.points).toEqual({ added: [], removed: [], changed: ["d1/q"] });
    expect(diff.adapters.relinked).toEqual([]);
    expect(describeDiff(diff)).toBe("1 point changed");
  });

  it("tells a link that has to be made anew from a point that got another unit", () => {
    expect(diffOf((old) => old.replace("127.0.0.2", "127.0.0.3")).adapters.relinked.map(({ id }) => id)).toEqual(["b"]);
    const unit = diffOf((old) => old.replace("unit: Pa", "unit: kPa"));
    expect(unit.adapters.changed).toEqual([]);
    expect(unit.points.changed).toEqual(["d1/q"]);
  });

  it("says so when only a device's own settings changed, though none of its points did", () => {
    const diff = diffOf((old) => old.replace("id: d2,", "id: d2, unitId: 7,"));
    expect(diff.points.changed).toEqual([]);
    expect(describeDiff(diff)).toBe("1 device changed");
  });

  it("names what came and what went", () => {
    const diff = diffOf((old) => old.replace("id: d2", "id: d3").replace("id: b,", "id: c,"));
    expect(diff.devices).toEqual({ added: ["d3"], removed: ["d2"], changed: [] });
    expect(diff.adapters.added.map(({ id }) => id)).toEqual(["c"]);
    expect(diff.adapters.removed.map(({ id }) => id)).toEqual(["b"]);
    expect(describeDiff(diff)).toBe("1 adapter added; 1 adapter removed; 1 device added; 1 point added; 1 device removed; 1 point removed");
  });

  it("says what is taken over at once and what needs a start", () => {
    const diff = diffOf((old) => `${old}\nlog: { level: debug }\nserver: { port: 4001 }`);
    expect(diff.sections).toEqual(["log"]);
    expect(diff.needStart).toEqual(["server"]);
  });

  it("says at every reload again what still waits for a start", () => {
    const before = siteOf(text);
    const after = siteOf(`${text}\nserver: { port: 4001 }\nauth: { loopback: viewer }\nlog: { level: debug }`);
    expect(describeDiff(diffSites({ ...after, ...startSections(before) }, after))).toBe("needs a restart: server, auth");
  });

  it("takes a point that runs, and has its key, for the point that the file describes", () => {
    const before = siteOf(text);
    const running = { ...before, points: before.points.map((point, key) => ({ ...point, key })) };
    expect(diffSites(running, siteOf(text)).isEmpty).toBe(true);
  });

  it("sees a changed secret that the revision does not show", () => {
    const secret = text.replace("host: 127.0.0.2", "host: 127.0.0.2, password: '${PW}'");
    const diff = diffSites(siteOf(secret, { env: { PW: "one" } }), siteOf(secret, { env: { PW: "two" } }));
    expect(diff.adapters.relinked.map(({ id }) => id)).toEqual(["b"]);
  });
});
