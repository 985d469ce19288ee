import { afterEach, describe, expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";
import { openRequestRate } from "./request-rate.ts";

const later: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of later.splice(0)) await close();
});

describe("how often an address may ask", () => {
  it("the request beyond the limit is too many, until a minute after the first", () => {
    const count = openRequestRate(2, 10);
    expect(count("a", 0)).toEqual({ isTooMany: false, left: 1, resetS: 60 });
    expect(count("a", 30_000)).toEqual({ isTooMany: false, left: 0, resetS: 30 });
    expect(count("a", 59_999)).toEqual({ isTooMany: true, left: 0, resetS: 1 });
    expect(count("b", 59_999).isTooMany).toBe(false);
    expect(count("a", 60_000)).toEqual({ isTooMany: false, left: 1, resetS: 60 });
  });

  it("of too many addresses the one that came first is forgotten, not the one that asks now", () => {
    const count = openRequestRate(1, 2);
    for (const address of ["a", "b", "c"]) count(address, 0);
    expect(count("b", 1).isTooMany).toBe(true);
    expect(count("c", 1).isTooMany).toBe(true);
    expect(count("a", 1).isTooMany).toBe(false);
  });

  it("is 429 with the reason and when to come back; this machine is not counted", async () => {
    const { app, close } = await serverRig({ options: { limits: { requestsPerMinute: 2 } } }).build();
    later.push(close);
    const from = (remoteAddress: string) => app.inject({ url: "/health", remoteAddress });
    expect((await from("192.0.2.7")).headers).toMatchObject({ "x-ratelimit-limit": "2", "x-ratelimit-remaining": "1" });
    await from("192.0.2.7");
    const refused = await from("192.0.2.7");
    expect(refused).toMatchObject({ statusCode: 429, headers: { "retry-after": "60" } });
    expect(refused.json()).toEqual({ code: "too-many-requests", message: "at most 2 requests a minute; try again in 60 s" });
    expect((await from("192.0.2.8")).statusCode).toBe(200);
    for (let i = 0; i < 5; i++) expect((await from("127.0.0.1")).statusCode).toBe(200);
  });

  it("counts who is refused, too: nobody tries tokens, or fills the record with refusals, as fast as he likes", async () => {
    const { app, close } = await serverRig({ options: { limits: { requestsPerMinute: 2 } } }).build();
    later.push(close);
    const ask = async (headers: Record<string, string>, remoteAddress: string) =>
      (await app.inject({ url: "/points", headers, remoteAddress })).statusCode;
    const tokens = ["a", "b", "c"].map((token) => ask({ authorization: `Bearer ${token}` }, "192.0.2.7"));
    expect(await Promise.all(tokens)).toEqual([401, 401, 429]);
    const foreign = ["a", "b", "c"].map(() => ask({ origin: "https://elsewhere.example" }, "192.0.2.8"));
    expect(await Promise.all(foreign)).toEqual([403, 403, 429]);
  });
});
