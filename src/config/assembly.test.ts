import { describe, expect, it } from "vitest";
import { Assembly, outlineOf } from "./assembly.ts";
import { diffSites } from "./diff-sites.ts";
import { siteOf } from "./fake-module.ts";
import type { Site } from "./site.ts";

const text = `
site: { name: x }
adapters:
  - id: a
    protocol: modbus
    host: 127.0.0.1
    devices:
      - { id: d1, unitId: 1, points: [{ id: p, address: "hr:1", scale: { gain: 2, offset: 0 } }, { id: q, address: "hr:2" }] }
      - { id: d2, unitId: 2, points: [{ id: p, address: "hr:1" }] }
  - { id: b, protocol: modbus, host: 127.0.0.2, devices: [{ id: d3, points: [{ id: r, address: "hr:3" }] }] }
`;

/** As it comes over from another thread: cloned, and in pieces. */
function sent(site: Site, running?: Site): Site {
  const { outline, points } = structuredClone({ outline: outlineOf(site), points: site.points });
  const assembly = new Assembly(outline, running);
  for (const point of points) assembly.take([point]);
  return assembly.site([...new Set(site.adapters.map(({ module }) => module))]);
}

function runningOf(site: Site): Site {
  return { ...site, points: site.points.map((point, i) => ({ ...point, key: i + 1 })) };
}

describe("a site that was read in another thread", () => {
  it("is the site that was read, its protocols with it", () => {
    const read = siteOf(text);
    expect(sent(read)).toEqual(read);
    expect(sent(read).adapters[0]?.module).toBe(read.adapters[0]?.module);
  });

  it("is made of the objects that run wherever nothing changed", () => {
    const running = runningOf(siteOf(text));
    const next = sent(siteOf(text.replace('{ id: q, address: "hr:2" }', '{ id: q, address: "hr:9" }')), running);
    const [p, q, other] = next.points;
    expect(p).toBe(running.points[0]);
    expect(other).toBe(running.points[2]);
    expect(q).toMatchObject({ id: "d1/q", binding: { address: "hr:9" } });
    expect(q).not.toHaveProperty("key");
    const [a, b] = next.adapters;
    expect(b?.config).toBe(running.adapters[1]?.config);
    expect(a?.config.devices[1]).toBe(running.adapters[0]?.config.devices[1]);
    expect(a?.config.devices[0]?.bindings[0]).toBe(running.adapters[0]?.config.devices[0]?.bindings[0]);
    expect(diffSites(running, next)).toMatchObject({
      points: { changed: ["d1/q"] },
      adapters: { changed: [{ devices: { changed: ["d1"] } }] },
    });
  });

  it("shows what changed around points that did not: a link, a unit, a point that went", () => {
    const running = runningOf(siteOf(text));
    const relinked = sent(siteOf(text.replace("127.0.0.2", "127.0.0.3")), running);
    expect(diffSites(running, relinked).adapters.relinked.map(({ id }) => id)).toEqual(["b"]);
    const unit = sent(siteOf(text.replace("id: d2, unitId: 2", "id: d2, unitId: 7")), running);
    expect(unit.adapters[0]?.config.devices[1]?.options).toMatchObject({ unitId: 7 });
    const fewer = sent(siteOf(text.replace(', { id: q, address: "hr:2" }', "")), running);
    expect(fewer.adapters[0]?.config.devices[0]?.bindings.map(({ point }) => point)).toEqual(["d1/p"]);
    expect(diffSites(running, fewer).points).toEqual({ added: [], removed: ["d1/q"], changed: [] });
  });
});
