import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { connect } from "#db/database/connect.ts";
import { setUpDatabase } from "#db/engine/set-up.ts";
import { databaseSettings } from "#db/settings.ts";
import { compile } from "#msgs/schema/check.ts";
import { Type, type Static } from "#msgs/schema/type.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer } from "#test/fakes/database.ts";
import { until } from "#test/fakes/recording.ts";

const Words = Type.Array(Type.String(), { minItems: 1 });
const Condition = Type.Object({ condition: Type.Literal("service_healthy") }, { additionalProperties: false });
/** What of the compose file's own schema is used here; a slip of the pen in a key is found. */
const Service = Type.Object(
  {
    image: Type.Optional(Type.String()),
    build: Type.Optional(Type.Object({ context: Type.String(), dockerfile_inline: Type.String() }, { additionalProperties: false })),
    command: Type.Optional(Words),
    environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    ports: Type.Optional(Type.Array(Type.String({ pattern: "^127\\.0\\.0\\.1:" }))),
    volumes: Type.Optional(Words),
    network_mode: Type.Optional(Type.Literal("host")),
    restart: Type.Literal("unless-stopped"),
    init: Type.Optional(Type.Boolean()),
    stop_grace_period: Type.Optional(Type.String()),
    depends_on: Type.Optional(Type.Record(Type.String(), Condition)),
    healthcheck: Type.Object(
      { test: Words, interval: Type.String(), timeout: Type.String(), retries: Type.Integer({ minimum: 1 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

const file = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true }) as {
  services: Record<string, Static<typeof Service>>;
  volumes: object;
};
const { services } = file;
const running: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "plainview-compose-"));
// Open to enter: a gateway run by root keeps its database in here.
chmodSync(folder, 0o755);

afterAll(async () => {
  for (const child of running) {
    child.kill("SIGKILL");
    await new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.once("exit", resolve) : resolve(undefined),
    );
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A service's command as it stands in the file, natively, with ports that are free here. */
async function run(
  name: string,
  ports: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const here = (word: string) => ports.get(word) ?? word;
  const [program, ...args] = services[name]!.command!.map(here);
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.entries(services[name]!.environment ?? {}).map(([key, value]) => [key, here(value)])),
    ...environment,
  };
  const child = spawn(program === "node" ? process.execPath : program!, args, { env, stdio: "ignore" });
  running.push(child);
  return child;
}

/** Its health check likewise. */
function isHealthy(name: string, ports: ReadonlyMap<string, string>): boolean {
  const [kind, program, ...args] = services[name]!.healthcheck.test.map((word) =>
    [...ports].reduce((text, [from, to]) => text.replaceAll(`:${from}`, `:${to}`), word),
  );
  expect(kind).toBe("CMD");
  return spawnSync(program === "node" ? process.execPath : program!, args).status === 0;
}

async function freePorts(...wanted: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const port of wanted) {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    found.set(port, String((probe.address() as { port: number }).port));
    await new Promise((resolve) => probe.close(resolve));
  }
  return found;
}

describe("docker-compose.yml", () => {
  test("has every service with a health check and listens on loopback alone", () => {
    expect(Object.keys(services).sort()).toEqual(["broker", "gateway", "grafana", "plant", "timescaledb"]);
    for (const [name, service] of Object.entries(services)) {
      expect(compile(Service).errors(service), name).toEqual([]);
      expect(service.image === undefined, name).toBe(service.build !== undefined);
    }
  });

  test("the user that the gateway runs as finds its screen built and its data folder his own", () => {
    const { build, volumes = [] } = services["gateway"]!;
    const [asRoot = "", asUser] = build!.dockerfile_inline.split("USER node");
    expect(asUser?.trim()).toBe("");
    const root = /^WORKDIR (.+)$/m.exec(asRoot)![1]!;
    expect(asRoot.slice(asRoot.indexOf("COPY . ."))).toContain("node dashboard/build-now.ts");
    for (const volume of volumes) expect(asRoot).toContain(`install -d -o node -g node ${volume.split(":")[1]!.replace(`${root}/`, "")}`);
  });

  test("the plant and the gateway run by their own commands and become healthy", { timeout: 120_000 }, async () => {
    const server = await testServer();
    const ports = await freePorts("15020", "18830", "47809", "4010", "4000");
    await run("plant", ports);
    await until(() => isHealthy("plant", ports), "the plant is healthy", 60_000);
    // The site file as it is, with its port and its folder moved so that a gateway of the developer's own is left alone.
    const site = join(folder, "plainview.yaml");
    const text = readFileSync("demo/plainview.yaml", "utf8").replace("port: 4000", `port: ${ports.get("4000")}`);
    writeFileSync(site, `${text}\ndata:\n  folder: ${join(folder, "data")}\n`);
    const moved = new Map([...ports, ["demo/plainview.yaml", site]]);
    await run("gateway", moved, { DATABASE_URL: await server.fresh() });
    await until(() => isHealthy("gateway", ports), "the gateway is healthy", 60_000);
    for (const child of running.splice(0)) {
      child.kill("SIGKILL");
      await new Promise((resolve) =>
        child.exitCode === null && child.signalCode === null ? child.once("exit", resolve) : resolve(undefined),
      );
    }
    await server.close();
  });

  test("the broker's configuration is one that Mosquitto takes", async () => {
    if (spawnSync("mosquitto", ["-h"]).error) return;
    const ports = await freePorts("1883");
    const conf = join(folder, "mosquitto.conf");
    writeFileSync(conf, readFileSync("db/compose/mosquitto.conf", "utf8").replace("1883", ports.get("1883")!));
    const child = spawn("mosquitto", ["-c", conf], { stdio: "ignore" });
    running.push(child);
    const listens = () =>
      fetch(`http://127.0.0.1:${ports.get("1883")}`).then(
        () => true,
        (error: { cause?: { code?: string } }) => error.cause?.code !== "ECONNREFUSED",
      );
    await until(listens, "the broker listens");
    expect(child.exitCode).toBeNull();
  });

  test("every query of the dashboard runs, as the role that Grafana has", async () => {
    const dashboard = JSON.parse(readFileSync("db/grafana/dashboards/plant.json", "utf8")) as {
      panels: { title: string; targets: { rawSql: string }[] }[];
      templating: { list: { query: string }[] };
    };
    const server = await testServer();
    const url = await server.fresh();
    const client = await connect(url, "test");
    await setUpDatabase(client, databaseSettings(url), silentLog);
    await client.query("SET ROLE plainview_reader");
    const queries = [
      ...dashboard.templating.list.map((one) => one.query),
      ...dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.rawSql)),
    ];
    expect(queries.length).toBeGreaterThan(5);
    for (const query of queries) {
      const filled = query
        .replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN now() - interval '1 hour' AND now()")
        .replaceAll("$point", "'a', 'b'");
      await client.query(filled);
    }
    await client.end();
    await server.close();
  });

  test("Grafana's provisioning points at the database of the file, with the login its start makes", () => {
    const source = parse(readFileSync("db/grafana/provisioning/datasources/plainview.yaml", "utf8")) as {
      datasources: { uid: string; url: string; user: string }[];
    };
    expect(source.datasources[0]).toMatchObject({ uid: "plainview", url: "timescaledb:5432", user: "grafana" });
    expect(readFileSync("db/compose/make-reader.sh", "utf8")).toContain("CREATE ROLE grafana LOGIN");
  });
});
