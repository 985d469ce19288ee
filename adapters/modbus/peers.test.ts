import { existsSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import ModbusRTU from "modbus-serial";
import { parse as parseSite } from "yaml";
import type { Binding, Connection, Reading } from "#src/contract/adapter.ts";
import type { Desk } from "#src/contract/control.ts";
import type { LatestValues } from "#src/contract/gateway.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { startDemo } from "#demo/start.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { Independent } from "#test/contract/peers/independent.ts";
import { parseAddress } from "./address.ts";
import { deviceSchema, type LinkOptions } from "./config.ts";
import { modbusAdapter } from "./index.ts";
import { ModbusServer } from "./server/index.ts";

const peers = new Independent();
afterAll(() => peers.close());
const scripts = `${import.meta.dirname}/../../test/contract/peers`;
const soon = () => AbortSignal.timeout(10_000);

function point(address: string, device = "d1", kind: PointKind = "number"): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable: true, pollMs: 1000 };
}

/** Devices d1 and d7 are the units 1 and 7. */
async function open(link: LinkOptions): Promise<Connection> {
  const devices = [1, 7].map((unit) => ({
    id: `d${unit}`,
    options: { unit, inFlight: link.transport === "tcp" ? 8 : 1, maxGap: 0 },
    bindings: [],
  }));
  const config = { id: "l", link: { host: "127.0.0.1", timeoutMs: 2000, ...link }, devices };
  return modbusAdapter.create(config, realEnv()).connect(soon());
}

/** The same questions to every implementation: all tables, wide blocks, what is not there, and writes that are read back. */
async function readsAndWrites(connection: Connection, entries: number, first: number): Promise<void> {
  const raws = (readings: readonly Reading[]) => readings.map(({ raw }) => raw);
  const wide = Array.from({ length: 400 }, (_, index) => point(`holding:${index * 2}`));
  expect(raws(await connection.read(wide, soon()))).toEqual(wide.map((_, index) => index * 2 + first));
  const all = [
    point("input:3"),
    point("coil:9", "d1", "boolean"),
    point("coil:10", "d1", "boolean"),
    point("discrete:10", "d1", "boolean"),
    point("holding:1:u32"),
  ];
  expect(raws(await connection.read(all, soon()))).toEqual([65_532, true, false, true, (1 + first) * 65_536 + 2 + first]);
  const missing = await connection.read([point("holding:5"), point(`holding:${entries + 5}`)], soon());
  expect(raws(missing)).toEqual([5 + first, null]);
  const writes: readonly (readonly [string, PointKind, Value])[] = [
    ["holding:500", "number", 4711],
    ["holding:502:f32:cdab", "number", 1.5],
    ["holding:504:s64", "number", -5],
    ["coil:100", "boolean", true],
    ["coil:100", "boolean", false],
    ["holding:510:string:8", "text", "pump-7"],
    ["holding:500.0", "boolean", false],
  ];
  for (const [address, kind, value] of writes) {
    const binding = point(address, "d1", kind);
    const receipt = await connection.act!({ do: "set", binding, value, priority: 8 }, soon());
    expect(receipt.assurance).toBe("device");
    expect(raws(await connection.read([binding], soon()))).toEqual([value]);
  }
}

describe("the adapter against implementations nobody here wrote", () => {
  it("libmodbus, as a TCP server, pipelined", async () => {
    const server = await peers.libmodbus("libmodbus-server");
    if (!server) return;
    const connection = await open({ transport: "tcp", port: Number(await peers.start(server, ["tcp"])) });
    await readsAndWrites(connection, 10_000, 0);
    await connection.close();
  });

  it("libmodbus, as an RTU device on a serial line", async () => {
    const server = await peers.libmodbus("libmodbus-server");
    if (!server || !(await peers.has("socat", "-V"))) return;
    const [near, far] = [peers.path("near"), peers.path("far")];
    const line = spawn("socat", [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`], { stdio: "ignore" });
    try {
      await until(() => existsSync(near) && existsSync(far));
      await peers.start(server, ["rtu", far, "1"]);
      const connection = await open({ transport: "serial", path: near, baudRate: 115_200, parity: "none" });
      await readsAndWrites(connection, 10_000, 0);
      const ended = once(line, "exit");
      line.kill();
      await ended;
      // A serial line that is pulled out says nothing by itself; the next request finds out.
      await expect(connection.read([point("holding:1")], soon())).rejects.toMatchObject({ code: "link-lost" });
      expect(await connection.lost).toMatchObject({ code: "link-lost" });
      await connection.close();
    } finally {
      line.kill();
    }
  });

  it("pymodbus, as a TCP server with two units and an identification", async () => {
    const python = await peers.pymodbus();
    if (!python) return;
    const port = Number(await peers.start(python, [`${scripts}/pymodbus-server.py`, "tcp"]));
    const connection = await open({ transport: "tcp", port });
    await readsAndWrites(connection, 1000, 1);
    expect((await connection.read([point("holding:5", "d7")], soon()))[0]!.raw).toBe(12);
    const receipt = await connection.act!({ do: "call", device: "d1", method: "identify", args: {} }, soon());
    expect(receipt.result).toMatchObject({ vendor: "pymodbus", product: "PM", revision: "3" });
    await connection.close();
  });

  it("pymodbus, with RTU frames over TCP", async () => {
    const python = await peers.pymodbus();
    if (!python) return;
    const port = Number(await peers.start(python, [`${scripts}/pymodbus-server.py`, "rtu"]));
    const connection = await open({ transport: "rtu-over-tcp", port });
    await readsAndWrites(connection, 1000, 1);
    await connection.close();
  });

  it("modbus-serial, as a TCP server", async () => {
    const holding = new Uint16Array(1000).map((_, at) => at);
    const server = new ModbusRTU.ServerTCP(
      {
        getHoldingRegister: (at: number) => holding[at]!,
        setRegister: (at: number, value: number) => {
          holding[at] = value;
        },
      },
      { host: "127.0.0.1", port: 0, unitID: 1 },
    );
    const port = await new Promise<number>((resolve) => {
      const { _server: listening } = server as unknown as {
        _server: { once(event: string, run: () => void): void; address(): { port: number } };
      };
      listening.once("listening", () => resolve(listening.address().port));
    });
    const connection = await open({ transport: "tcp", port });
    await connection.act!({ do: "set", binding: point("holding:20:f32"), value: 0.5, priority: 8 }, soon());
    expect((await connection.read([point("holding:7"), point("holding:20:f32")], soon())).map(({ raw }) => raw)).toEqual([7, 0.5]);
    await connection.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it("the demo plant, every point of its site file", async () => {
    const demo = await startDemo({ portMqtt: null, speed: 0 });
    const site = parseSite(readFileSync("demo/plainview.yaml", "utf8")) as DemoSite;
    const field = site.adapters.find(({ protocol }) => protocol === "modbus")!;
    const devices = field.devices.map(({ id, points, ...rest }) => {
      const options = Object.fromEntries(Object.entries(rest).filter(([name]) => name in deviceSchema.properties));
      return {
        id,
        options,
        bindings: points.map(({ address, kind }) => ({ ...point(address, id, kind ?? kindOf(address)), writable: false })),
      };
    });
    const config = { id: "field", link: { host: "127.0.0.1", port: demo.ports.modbus!, timeoutMs: 2000 }, devices };
    expect(modbusAdapter.check(config)).toEqual([]);
    const connection = await modbusAdapter.create(config, realEnv()).connect(soon());
    const reads = await Promise.all(devices.map(({ bindings }) => connection.read(bindings, soon())));
    const bad = reads.flatMap((readings, device) =>
      readings.flatMap(({ reason }, at) => (reason ? [`${devices[device]!.bindings[at]!.point}: ${reason}`] : [])),
    );
    expect(bad).toEqual([]);
    expect(reads.flat().length).toBeGreaterThan(20);
    await connection.close();
    await demo.close();
  });
});

interface DemoSite {
  readonly adapters: readonly {
    readonly protocol: string;
    readonly devices: readonly {
      readonly id: string;
      readonly points: readonly { readonly address: string; readonly kind?: PointKind }[];
    }[];
  }[];
}

function kindOf(address: string): PointKind {
  const parsed = parseAddress(address);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.address.type === "bit" ? "boolean" : parsed.address.type === "string" ? "text" : "number";
}

describe("the server side against clients nobody here wrote", () => {
  const written: { point: string; value: Value }[] = [];
  const values = new Map<string, Value>([
    ["level", 12.5],
    ["pump", true],
  ]);
  const latest: LatestValues = {
    get: (id) => (values.has(id) ? { point: id, value: values.get(id)!, quality: 0, sourceTime: 1, at: 1 } : undefined),
    all: () => [],
  };
  const desk: Desk = {
    submit(command) {
      if (command.act.do === "set") written.push({ point: command.act.point, value: command.act.value });
      return { status: "success", commandId: command.id };
    },
    cancel: (commandId) => ({ status: "success", commandId }),
    find: () => undefined,
  };
  const points = [
    { point: "level", address: "holding:0:f32", writable: true },
    { point: "pump", address: "coil:3", writable: true },
  ];
  async function serve(): Promise<ModbusServer> {
    const server = new ModbusServer({ id: "s", port: 0, points }, latest, realEnv());
    await server.start(undefined, desk);
    written.length = 0;
    return server;
  }

  it("libmodbus", async () => {
    const client = await peers.libmodbus("libmodbus-client");
    if (!client) return;
    const server = await serve();
    const ask = (what: string, ...words: (string | number)[]) =>
      peers.output(client, [what, String(server.port), "1", ...words.map(String)]);
    expect(await ask("read", "holding", 0, 3)).toBe("16712 0 0");
    expect(await ask("read", "coil", 2, 3)).toBe("0 1 0");
    expect(await ask("read", "holding", 100, 1)).toBe("error Illegal data address");
    expect(await ask("write", "holding", 0, 16_256, 0)).toBe("ok");
    expect(await ask("write", "coil", 3, 0)).toBe("ok");
    expect(await ask("write", "holding", 0, 1)).toBe("error Illegal data value");
    expect(written).toEqual([
      { point: "level", value: 1 },
      { point: "pump", value: false },
    ]);
    await server.close();
  });

  it("pymodbus", async () => {
    const python = await peers.pymodbus();
    if (!python) return;
    const server = await serve();
    const ask = (...words: (string | number)[]) =>
      peers.output(python, [`${scripts}/pymodbus-client.py`, String(server.port), ...words.map(String)]);
    expect(await ask("read", "holding", 0, 2)).toBe("16712 0");
    expect(await ask("write", "holding", 0, 16_256, 0)).toBe("ok");
    expect(await ask("write", "holding", 50, 1)).toBe("error 2");
    expect(await ask("identify")).toBe("Plainview gateway 1");
    expect(written).toEqual([{ point: "level", value: 1 }]);
    await server.close();
  });
});
