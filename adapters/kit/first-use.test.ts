import { describe, expect, it } from "vitest";
import type { Connection } from "#src/contract/adapter.ts";
import type { Exposer } from "#src/contract/exposer.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { opensWith, servesWith, type Create, type Open } from "./first-use.ts";

const connection = { close: async () => undefined } as Connection;
const missing = () => Promise.reject(new Error("Cannot find package 'mqtt'"));

describe("what is loaded when it is first used", () => {
  it("nothing is loaded before the first attempt to connect", async () => {
    let loads = 0;
    const open: Open<{ id: string }> = async () => connection;
    const create = opensWith(async () => (loads++, { open }));
    const adapter = create({ id: "field" }, realEnv());
    expect(loads).toBe(0);
    expect(await adapter.connect(new AbortController().signal)).toBe(connection);
    expect(loads).toBe(1);
  });

  it("a package that is missing is a refusal with its name and what to do, and another attempt does not help", async () => {
    const adapter = opensWith<{ id: string }>(missing)({ id: "field" }, realEnv());
    const error = await adapter.connect(new AbortController().signal).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "not-supported", canRetry: false, message: /'mqtt'; install Plainview anew/ });
  });

  it("whoever gives up while it loads is told so, and nothing is dialled", async () => {
    let dialled = false;
    const open: Open<{ id: string }> = async () => ((dialled = true), connection);
    const loading = Promise.withResolvers<{ open: typeof open }>();
    const stop = new AbortController();
    const connecting = opensWith(() => loading.promise)({ id: "field" }, realEnv()).connect(stop.signal);
    stop.abort();
    loading.resolve({ open });
    await expect(connecting).rejects.toMatchObject({ code: "closed", message: "opening field was given up" });
    expect(dialled).toBe(false);
  });

  it("what goes wrong while opening is told as it is, not as something that could not be loaded", async () => {
    const open: Open<{ id: string }> = () => Promise.reject(new Error("no route"));
    const adapter = opensWith(async () => ({ open }))({ id: "field" }, realEnv());
    await expect(adapter.connect(new AbortController().signal)).rejects.toThrow(/^no route$/);
  });

  it("a server side is loaded when it is started, and closing one that never started is nothing", async () => {
    const did: string[] = [];
    const exposer: Exposer = { start: async () => void did.push("start"), close: async () => void did.push("close") };
    const create: Create<string> = (options) => (did.push(`create ${options}`), exposer);
    const made = servesWith(async () => (did.push("load"), { create }))("shown", {} as never, realEnv());
    await made.close();
    expect(did).toEqual([]);
    await made.start({} as never, {} as never);
    await made.close();
    expect(did).toEqual(["load", "create shown", "start", "close"]);
    await expect(servesWith<string>(missing)("shown", {} as never, realEnv()).start({} as never, {} as never)).rejects.toMatchObject({
      code: "not-supported",
    });
  });
});
