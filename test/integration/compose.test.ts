import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { composeSiteFile } from "#demo/map/compose-site-file.ts";
import { loadSite } from "#src/config/index.ts";
import { protocols } from "#src/protocols.ts";

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const { services } = parse(read("docker-compose.yml")) as { services: Readonly<Record<string, Service>> };

/** No container engine runs in these tests: the file is read, and what it starts of ours is started as it says. */
describe("docker-compose.yml", () => {
  it("has the database under the name the documents use, a broker, the plant, the gateway and Grafana, each with a health check", () => {
    expect(Object.keys(services).sort()).toEqual(["broker", "gateway", "grafana", "plant", "timescaledb"]);
    for (const [name, { image, build, healthcheck }] of Object.entries(services)) {
      expect(image ?? build, name).toBeDefined();
      expect(healthcheck?.test.length, name).toBeGreaterThan(1);
    }
  });

  it("carries no password", () => {
    for (const line of read("docker-compose.yml")
      .split("\n")
      .filter((text) => /password/i.test(text) && !text.trim().startsWith("#"))) {
      expect(line).toMatch(/\$\{[A-Z_]+(:\?[^}]*)?\}/);
    }
  });

  it("runs a site file that is the demo's own, loads, and trusts nobody on its machine", () => {
    expect(read("demo/compose.yaml") === composeSiteFile(), "run node demo/map/write-site-file.ts").toBe(true);
    const env = { ...services["gateway"]!.environment };
    const loaded = loadSite(composeSiteFile(), { modules: protocols, env, path: "/app/demo/compose.yaml", readFile: () => "" });
    expect("problems" in loaded ? loaded.problems : []).toEqual([]);
    if (!("site" in loaded)) return;
    expect(loaded.site.auth.loopback).toBeUndefined();
    expect(loaded.site.server).toMatchObject({ host: "0.0.0.0", proxy: true });
    expect(loaded.site.store.databaseUrl).toContain("timescaledb");
  });

  it("starts the plant with options it has", () => {
    const { entrypoint, command } = services["plant"]!;
    const [node, ...script] = [...entrypoint!, ...command!];
    expect(node).toBe("node");
    const helped = spawnSync(process.execPath, [script[0]!, "--help"], { encoding: "utf8" });
    const usage = helped.stdout + helped.stderr;
    for (const option of script.filter((word) => word.startsWith("--"))) expect(usage).toContain(option);
  });

  it("provisions a data source and dashboards whose questions name views that exist", () => {
    const dashboard = JSON.parse(read("db/grafana/dashboards/plainview.json")) as { panels: { targets: { rawSql: string }[] }[] };
    const views = [...(read("db/migrations/0001_views.sql") + read("db/engine/readable.ts")).matchAll(/VIEW "?(\w+)"? AS/g)].map(
      (match) => match[1],
    );
    for (const { rawSql } of dashboard.panels.flatMap(({ targets }) => targets)) expect(views).toContain(/FROM (\w+)/.exec(rawSql)?.[1]);
  });
});
