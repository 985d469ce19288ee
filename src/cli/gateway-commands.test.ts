import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { rigStart, serverRig, type Rig } from "#test/fakes/server-rig.ts";
import type { CommandJson } from "#msgs/wire/values.ts";
import { endText } from "./commands/write.ts";
import { run } from "./fake-terminal.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** The real server around a real timeline, with a desk that ends commands as it is told. */
async function gateway(rig: Rig = serverRig()): Promise<{ rig: Rig; env: Record<string, string> }> {
  const server = await rig.listen();
  open.push(server);
  rig.values({ "north/pump/speed": 20, "north/pump/flow": 601.25, "north/v-101/position": false });
  return { rig, env: { PLAINVIEW_URL: server.url } };
}

const now = rigStart / 1000 + 5_000;

describe("looking", () => {
  it("points lists ids, values, quality and age, by pattern", async () => {
    const { env } = await gateway();
    const ran = await run(["points", "north/pump/*"], { env, now });
    expect(ran.code).toBe(0);
    expect(ran.out.split("\n").map((line) => line.trimEnd())).toEqual([
      "point             value         quality  age      title",
      "north/pump/speed  20 1/min      good     5 s  rw",
      "north/pump/flow   601.25 L/min  good     5 s  r",
    ]);
    expect((await run(["points", "**", "--ids"], { env })).out.split("\n")).toHaveLength(5);
    expect((await run(["points", "--not-good", "--json"], { env })).json<{ id: string }[]>().map(({ id }) => id)).toEqual([
      "north/v-101/command",
      "south/robot/battery",
    ]);
  });

  it("read ends with 1 when a value is bad or was never heard", async () => {
    const { env } = await gateway();
    expect(await run(["read", "north/pump/flow"], { env, now })).toMatchObject({
      code: 0,
      out: expect.stringContaining("601.25 L/min  good"),
    });
    expect((await run(["read", "north/pump/flow", "south/robot/battery"], { env })).code).toBe(1);
  });

  it("read of a misspelt id says which was meant", async () => {
    const { env } = await gateway();
    expect(await run(["read", "north/pump/folw"], { env })).toMatchObject({
      code: 1,
      err: 'there is no point "north/pump/folw"; did you mean "north/pump/flow"?',
    });
  });

  it("devices and overrides are tables for people and arrays for programs", async () => {
    const { env } = await gateway();
    expect((await run(["devices"], { env })).out).toMatch(/^device +protocol +state/);
    expect((await run(["devices", "--json"], { env })).json<unknown[]>()).toHaveLength(2);
    expect((await run(["overrides"], { env, now })).out).toMatch(/north\/pump\/speed +8 +50 +ann +never +yes/);
    expect((await run(["overrides", "--not-in-effect"], { env })).out).toBe("none");
  });

  it("watch prints the newest value first and then what comes", async () => {
    const { rig, env } = await gateway();
    const ran = await run(["watch", "north/pump/**", "--json", "--count", "3"], {
      env,
      onOut: (text) => text.includes('"north/pump/flow"') && text.includes("601.25") && rig.values({ "north/pump/flow": 7 }),
    });
    expect(ran.code).toBe(0);
    const lines = ran.out.split("\n").map((line) => JSON.parse(line) as { point: string; value: number; at: string });
    expect(lines.map(({ point, value }) => `${point} ${value}`)).toEqual([
      "north/pump/speed 20",
      "north/pump/flow 601.25",
      "north/pump/flow 7",
    ]);
    expect(lines[0]?.at).toBe("2026-11-20T10:00:00.000000Z");
  });

  it("watch says which pattern fits nothing, and waits all the same", async () => {
    const { env } = await gateway();
    const ran = await run(["watch", "north/pump/*", "tank-*/level", "--for", "100ms"], { env });
    expect(ran).toMatchObject({ code: 0, err: 'no point fits "tank-*/level" now' });
  });

  it("watch ends when it is stopped", async () => {
    const { env } = await gateway();
    const stop = new AbortController();
    const ran = await run(["watch", "**"], { env, stopped: stop.signal, onOut: () => stop.abort() });
    expect(ran.code).toBe(0);
  });

  it("one device shows what it and its link have done", async () => {
    const { env } = await gateway();
    const { out, code } = await run(["devices", "roustabout-01"], { env });
    expect(code).toBe(0);
    expect(out).toMatch(/^link\.errors\.timeout +1$/m);
    expect(out).toMatch(/^link\.health\.topics +\[\{/m);
    expect(await run(["devices", "nobody"], { env })).toMatchObject({ code: 1, err: expect.stringContaining("nobody") });
  });

  it("doctor says what is wrong, and that the rest is well", async () => {
    const { env } = await gateway();
    const ran = await run(["doctor", "--json"], { env });
    const findings = ran.json<{ id: string; state: string; says: string }[]>();
    expect(findings.find(({ id }) => id === "gateway")?.says).toMatch(/^a gateway answers at http:/);
    expect(findings.find(({ id }) => id === "points")).toMatchObject({
      state: "worth a look",
      says: expect.stringContaining("2 of 5 points are not good"),
    });
    expect(findings.find(({ id }) => id === "ready")?.state).toBe("well");
    expect(ran.code).toBe(0);
  });

  it("doctor ends with 1 when nothing answers", async () => {
    expect(await run(["doctor"], { env: { PLAINVIEW_URL: "http://127.0.0.1:1" } })).toMatchObject({
      code: 1,
      out: expect.stringContaining("!!  no gateway answers"),
    });
  });
});

describe("write", () => {
  it("ends with 0 when the plant shows it", async () => {
    const { rig, env } = await gateway();
    const ran = await run(["write", "north/pump/speed", "30", "--ttl", "1h", "--reason", "test", "--priority", "9"], { env });
    expect(ran).toMatchObject({ code: 0, out: "confirmed" });
    expect(rig.desk.seen[0]?.command).toMatchObject({
      act: { do: "set", point: "north/pump/speed", value: 30 },
      priority: 9,
      ttlMs: 3_600_000,
      reason: "test",
    });
  });

  it.each([
    ["masked", 1],
    ["mismatch", 1],
    ["failed", 1],
    ["expired", 1],
    ["unknown", 4],
  ] as const)("ends otherwise when the command ends %s", async (end, code) => {
    const { rig, env } = await gateway();
    rig.desk.ends = end;
    const ran = await run(["write", "north/pump/speed", "30", "--json"], { env });
    expect(ran.code).toBe(code);
    expect(ran.json()).toMatchObject({ state: end });
  });

  it("tells the gate's reason when it is refused", async () => {
    const { rig, env } = await gateway();
    rig.desk.refuseNext("interlock", "the pump cannot start: the tank is empty (interlock dry-run)");
    expect(await run(["write", "north/pump/speed", "30"], { env })).toMatchObject({
      code: 1,
      out: "rejected: the pump cannot start: the tank is empty (interlock dry-run)",
    });
  });

  it("does not claim to know when the end does not come in time", async () => {
    const { rig, env } = await gateway();
    rig.desk.ends = "by hand";
    const ran = await run(["write", "north/pump/speed", "30", "--id", "my-own", "--timeout", "100ms"], { env });
    expect(ran).toMatchObject({ code: 4, err: "my-own has not ended within 0.1 s; it goes on: plainview commands my-own" });
  });

  it("says so when the gateway goes away while a command is under way", async () => {
    const { rig, env } = await gateway();
    rig.desk.ends = "by hand";
    const server = open.pop()!;
    const isUnderWay = setInterval(() => {
      if (rig.desk.seen.length === 0) return;
      clearInterval(isUnderWay);
      void server.close();
    }, 10);
    const ran = await run(["write", "north/pump/speed", "30", "--id", "my-own", "--timeout", "1s"], { env });
    expect(ran.code).toBe(4);
    expect(ran.err).toContain("lost the gateway while my-own is under way");
    expect(ran.err).toContain("the gateway is away: look at the point");
  });

  it("tells once what the plant shows instead", () => {
    const observed = { point: "p/position", value: 100, quality: 0, sourceTime: "2026-01-01T00:00:00Z" };
    const command = { state: "mismatch", message: "p/position shows 100, not 30 (within 1)", observed } as unknown as CommandJson;
    expect(endText(command)).toBe("mismatch: p/position shows 100, not 30 (within 1)");
    expect(endText({ ...command, state: "unknown", message: "no answer" })).toBe("unknown: p/position shows 100; no answer");
  });

  it("tells once which slot masks it", () => {
    const heldBy = { priority: 8, value: 22.5 };
    const message = "priority 8 holds vav-1/setpoint at 22.5; this waits beneath it";
    const command = { state: "masked", message, heldBy } as unknown as CommandJson;
    expect(endText(command)).toBe(`masked: ${message}`);
    expect(endText({ ...command, message: "not in effect" })).toBe("masked: not in effect; priority 8 holds 22.5");
  });

  it("with --no-wait prints the id that commands understands", async () => {
    const { env } = await gateway();
    const ran = await run(["write", "north/v-101/command", "on", "--no-wait"], { env });
    expect(ran.code).toBe(0);
    expect((await run(["commands", ran.out, "--json"], { env })).json()).toMatchObject({ commandId: ran.out, act: { value: true } });
    expect((await run(["commands"], { env })).out).toMatch(/north\/v-101\/command = true +loopback +confirmed/);
  });

  it("refuses what cannot be a value of the point before anything is sent", async () => {
    const { rig, env } = await gateway();
    for (const [point, value] of [
      ["north/pump/speed", "fast"],
      ["north/v-101/command", "half"],
    ] as const) {
      expect((await run(["write", point, value], { env })).code).toBe(2);
    }
    expect((await run(["write", "north/pump/speed", "1", "--priority", "17"], { env })).code).toBe(2);
    expect((await run(["write", "north/pump/speed", "1", "--ttl", "5"], { env })).err).toBe(
      '--ttl is a duration such as 500ms, 30s or 8h, not "5"',
    );
    expect(rig.desk.seen).toEqual([]);
  });

  it("takes a value that begins with a minus", async () => {
    const { rig, env } = await gateway();
    await run(["write", "north/pump/speed", "--", "-5"], { env });
    expect(rig.desk.seen[0]?.command.act).toMatchObject({ value: -5 });
  });
});

describe("release", () => {
  it("gives one slot back", async () => {
    const { rig, env } = await gateway();
    expect((await run(["release", "north/pump/speed", "--priority", "8"], { env })).code).toBe(0);
    expect(rig.desk.seen[0]?.command).toMatchObject({ act: { do: "release", point: "north/pump/speed" }, priority: 8 });
  });

  it("of everything wants to be said twice", async () => {
    const { env } = await gateway();
    expect(await run(["release", "--all"], { env })).toMatchObject({
      code: 2,
      err: "this releases 1 overrides; say --yes if that is what you want",
    });
    expect((await run(["release"], { env })).code).toBe(2);
  });
});

describe("exit codes", () => {
  it("3 when nothing answers, with what to look at", async () => {
    for (const words of [
      ["points"],
      ["read", "x"],
      ["write", "x", "1"],
      ["watch", "x"],
      ["devices"],
      ["overrides"],
      ["reload"],
      ["ledger"],
    ]) {
      expect(await run(words, { env: { PLAINVIEW_URL: "http://127.0.0.1:1" } })).toMatchObject({
        code: 3,
        err: expect.stringContaining("no gateway answers at http://127.0.0.1:1"),
      });
    }
  });

  it("5 when the gateway wants to know who it is", async () => {
    const bare = serverRig({ auth: {} });
    const { loopback: _, ...auth } = bare.options.auth;
    const server = await serverRigWith(bare, auth).listen();
    open.push(server);
    const ran = await run(["points"], { env: { PLAINVIEW_URL: server.url } });
    expect(ran).toMatchObject({ code: 5, err: expect.stringContaining("$PLAINVIEW_TOKEN") });
    expect((await run(["points", "--json"], { env: { PLAINVIEW_URL: server.url } })).err).toMatch(/^\{"error":\{"code":/);
    // The doctor asks for many things, and says once that it may not see them.
    expect((await run(["doctor"], { env: { PLAINVIEW_URL: server.url } })).out.match(/sign in/g)).toHaveLength(1);
  });

  it("2 for a wrong command line, with what was meant", async () => {
    expect(await run(["raed"])).toMatchObject({ code: 2, err: expect.stringContaining("Did you mean read?") });
    expect((await run(["write", "only-a-point"])).code).toBe(2);
    expect((await run(["points", "--url", "nonsense"])).code).toBe(2);
    expect((await run([])).code).toBe(2);
  });

  it("0 for help of every command, and every command shows an example or says what it is for", async () => {
    const { out } = await run(["--help"]);
    const names = [...out.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const help = await run([name, "--help"]);
      expect(help.code).toBe(0);
      expect(help.out.length).toBeGreaterThan(150);
    }
  });
});

function serverRigWith(rig: Rig, auth: object): Pick<Rig, "listen"> {
  Object.assign(rig.options, { auth });
  return rig;
}

describe("reload and ledger", () => {
  it("tell what the gateway says", async () => {
    const server = createServer((request, response) => {
      const body =
        request.url === "/reload"
          ? { changed: "1 device changed" }
          : [{ stream: "plant/tank-1", from: "a", to: "b", lost: 12, why: "the disk was full" }];
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(server);
    const env = { PLAINVIEW_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    expect((await run(["reload"], { env })).out).toBe("1 device changed");
    expect((await run(["ledger"], { env })).out).toMatch(/plant\/tank-1 +a +b +12 +the disk was full/);
  });
});
