import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";

const shim = fileURLToPath(new URL("./plainview.js", import.meta.url));
/** Makes this Node say that it is an old one, as the shim would see it there. */
const old = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.0"}})`;

function start(words: readonly string[], options: { old?: boolean; env?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [...(options.old ? ["--import", old] : []), shim, ...words], {
    env: { ...process.env, ...options.env },
  });
  let out = "";
  let err = "";
  const seen: (() => void)[] = [];
  child.stdout.on("data", (text: Buffer) => {
    out += text.toString();
    for (const see of seen) see();
  });
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, out, err })),
  );
  return { child, ended, printed: new Promise<void>((resolve) => seen.push(resolve)) };
}

describe("plainview.js", () => {
  it("prints the version and nothing else, no warning of Node's", async () => {
    expect(await start(["--version"]).ended).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  });

  it("on an old Node finds the one that came with npm, with the same arguments and exit code", async () => {
    expect(await start(["--version"], { old: true }).ended).toMatchObject({ code: 0, out: expect.stringMatching(/^\d/) });
    expect((await start(["write", "one"], { old: true }).ended).code).toBe(2);
    expect((await start(["read", "x"], { old: true, env: { PLAINVIEW_URL: "http://127.0.0.1:1" } }).ended).code).toBe(3);
  });

  it("loads the real protocols for check", async () => {
    const path = fileURLToPath(new URL("../config/cases/ten-mistakes/plainview.yaml", import.meta.url));
    expect(await start(["check", path]).ended).toMatchObject({
      code: 1,
      out: expect.stringContaining("plainview.yaml:12:11  adapters[plant].port: must be"),
    });
  });

  it.each([false, true])("passes Ctrl-C on (old Node: %s)", async (isOld) => {
    const rig = serverRig();
    const server = await rig.listen();
    rig.values({ "north/pump/flow": 1 });
    const { child, ended, printed } = start(["watch", "**"], { old: isOld, env: { PLAINVIEW_URL: server.url } });
    await printed;
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
    await server.close();
  });
});
