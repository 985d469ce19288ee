import { afterEach, describe, expect, it } from "vitest";
import { openUdp } from "#adapters/bacnet/link/udp.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { Bbmd } from "./bbmd.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("a foreign device", () => {
  it("of a real BBMD hears what others broadcast, until it is forgotten", async () => {
    const stations: string[] = [];
    const bbmd = await Bbmd.start({ host: "127.0.0.1", port: 0, stations: () => stations });
    closing.push(() => bbmd.close());
    const open = () =>
      openUdp(
        { listen: { host: "127.0.0.1", port: 0 }, broadcast: [], bbmd: { address: bbmd.address, ttlSeconds: 60 } },
        realEnv(),
        AbortSignal.timeout(5_000),
      );
    const [one, two] = [await open(), await open()];
    closing.push(
      () => one.close(),
      () => two.close(),
    );
    const heard = new Promise<[string, string]>((resolve) => two.listen((npdu, from) => resolve([npdu.toString("hex"), from])));
    one.broadcast(Buffer.from("0100", "hex"));
    expect(await heard).toEqual(["0100", one.address]);
    expect(bbmd.foreignDevices().length).toBe(2);
  });

  it("cannot be opened where another program listens, or where the BBMD says no", async () => {
    const bbmd = await Bbmd.start({ host: "127.0.0.1", port: 0, stations: () => [], refuse: () => true });
    closing.push(() => bbmd.close());
    const [host, port] = bbmd.address.split(":") as [string, string];
    const open = (options: Parameters<typeof openUdp>[0]) => openUdp(options, realEnv(), AbortSignal.timeout(5_000));
    await expect(open({ listen: { host, port: Number(port) }, broadcast: [] })).rejects.toMatchObject({ code: "port-in-use" });
    await expect(open({ listen: { host, port: 0 }, broadcast: [], bbmd: { address: bbmd.address, ttlSeconds: 60 } })).rejects.toMatchObject(
      { code: "connect-refused" },
    );
  });
});
