import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Demo, startDemo } from "../start.ts";
import { type ControlDoor, startControlDoor } from "./door.ts";

let demo: Demo;
let door: ControlDoor;

beforeEach(async () => {
  demo = await startDemo({ portMqtt: null, speed: 0 });
  door = await startControlDoor(demo, 0);
});

afterEach(async () => {
  await door.close();
  await demo.close();
});

async function ask(
  method: "GET" | "POST",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${door.port}${path}`, { method, headers, ...(body === undefined ? {} : { body: text }) });
  return { status: response.status, body: await response.json() };
}

describe("the control door", () => {
  it("stands still at speed 0 until time is let pass", async () => {
    expect((await ask("GET", "/health")).body).toMatchObject({ seconds: 0, seed: 7 });
    expect((await ask("POST", "/advance", { ms: 60_000 })).body).toEqual({ seconds: 60 });
  });

  it("breaks and mends", async () => {
    expect(await ask("POST", "/fault", { target: "v-101", kind: "stuck-valve" })).toEqual({ status: 200, body: { ok: true } });
    expect((await ask("GET", "/faults")).body).toMatchObject({ on: [{ target: "v-101", kind: "stuck-valve" }] });
    await ask("POST", "/fault", { target: "v-101", kind: "stuck-valve", on: false });
    expect((await ask("GET", "/faults")).body).toMatchObject({ on: [] });
  });

  it("begins an incident and tells how it went", async () => {
    await ask("POST", "/incident", { name: "pump-trip" });
    await ask("POST", "/advance", { ms: 1000 });
    expect((await ask("GET", "/incidents")).body).toMatchObject({ running: [{ name: "pump-trip" }], diary: [{ says: "p-1 trips" }] });
    expect((await ask("GET", "/plant")).body).toMatchObject({ "p-1/tripped": true });
  });

  it("turns something by hand and shows it in the log", async () => {
    await ask("POST", "/act", { point: "v-102/command", value: 30 });
    expect((await ask("GET", "/log?device=v-102")).body).toMatchObject([{ kind: "told", value: 30, by: "panel" }]);
    expect((await ask("GET", "/counters")).body).toMatchObject({ modbus: { requests: 0 } });
    expect((await ask("GET", "/map")).body).toMatchObject({ modbus: [{ device: "pipe" }, {}, {}, {}, {}, {}, {}] });
  });

  it("says what is wrong with a request", async () => {
    expect((await ask("GET", "/nothing")).status).toBe(404);
    expect((await ask("GET", "/log?device=nobody")).status).toBe(404);
    for (const [path, body] of [
      ["/fault", "{"],
      ["/fault", "[]"],
      ["/fault", {}],
      ["/fault", { target: "pipe", kind: "stuck-valve" }],
      ["/incident", { name: "flood" }],
      ["/act", { point: "v-101/command", value: "open" }],
      ["/advance", { ms: -1 }],
      ["/advance", "x".repeat(100_000)],
    ] as const) {
      const answer = await ask("POST", path, body);
      expect(answer.status, `${path} ${JSON.stringify(body).slice(0, 60)}`).toBe(400);
      expect(answer.body).toHaveProperty("message");
    }
    expect((await ask("GET", "/log?device=pipe&limit=0")).status).toBe(400);
  });

  it("does not open for a page in a browser", async () => {
    expect((await ask("POST", "/advance", { ms: 1 }, { origin: "http://evil.example" })).status).toBe(403);
  });

  it("cuts the Modbus network and plugs it in again", async () => {
    const port = demo.ports.modbus;
    await ask("POST", "/fault", { target: "modbus", kind: "device-off" });
    await expect(fetch(`http://127.0.0.1:${port ?? 0}`)).rejects.toThrow();
    await ask("POST", "/fault", { target: "modbus", kind: "device-off", on: false });
    expect(demo.ports.modbus).toBe(port);
  });
});
