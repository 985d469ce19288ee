import { describe, expect, it } from "vitest";
import type { SiteAuth } from "#src/config/site.ts";
import { silentLog } from "#src/kit/log.ts";
import { machineTime } from "../edge-time.ts";
import { openAuth, type Auth } from "./auth.ts";
import { digestOf } from "./keys.ts";
import { hashPassword } from "./passwords.ts";
import { openAuthStore } from "./sqlite-store.ts";
import { hashesAtOnce, hashesWaiting, openTurns } from "./turns.ts";

const here = "10.0.0.1";
const oldKey = "pv.historian.0123456789abcdefghijkl";
const newKey = `pv.optimiser.${"k".repeat(43)}`;

async function openRig(about: Partial<SiteAuth> = {}): Promise<{ auth: Auth; advance(ms: number): void; acts: string[] }> {
  let ms = Date.UTC(2026, 10, 20);
  const acts: string[] = [];
  const users = [{ name: "ann", role: "operator" as const, passwordHash: await hashPassword("a long pass phrase", 10) }];
  const apiKeys = [
    { name: "historian", role: "viewer" as const, hash: await hashPassword(oldKey, 10) },
    { name: "optimiser", role: "operator" as const, hash: `sha256$${digestOf(newKey)}` },
  ];
  const auth = openAuth({
    config: {
      loopback: "viewer",
      users,
      apiKeys,
      oidc: [],
      sessionTtlMs: 3_600_000,
      sessionsPerUser: 3,
      lockout: { failures: 3, lastsMs: 60_000 },
      ...about,
    } as SiteAuth,
    store: openAuthStore(":memory:"),
    time: { ...machineTime(), wallMs: () => ms },
    log: silentLog,
    audit: ({ act }) => void acts.push(act),
  });
  return { auth, acts, advance: (by) => (ms += by) };
}

const codes = (outcomes: readonly object[]): string[] =>
  outcomes.map((outcome) => ("refused" in outcome ? (outcome.refused as { code: string }).code : "ok"));
const count = (list: readonly string[], wanted: string): number => list.filter((one) => one === wanted).length;
/** Fills the room of one address with tokens nobody knows. */
const lockAddress = async (auth: Auth): Promise<void> => {
  for (let i = 0; i < 15; i++) await auth.check(`nonsense ${i}`, here);
  expect(codes([await auth.check("one more", here)])).toEqual(["locked"]);
};

describe("a burst of wrong sign-ins", () => {
  it("gets as many guesses at a name as a queue of them would, and the rest is refused without a hash", async () => {
    const { auth } = await openRig();
    const answers = codes(await Promise.all(Array.from({ length: 40 }, () => auth.signIn("ann", "wrong", here))));
    expect([count(answers, "sign-in-failed"), count(answers, "busy")]).toEqual([3, 37]);
    expect(codes([await auth.signIn("ann", "a long pass phrase", here)])).toEqual(["locked"]);
  });

  it("gets as many guesses at an address, and a stranger elsewhere is still let in", async () => {
    const { auth } = await openRig();
    const answers = codes(await Promise.all(Array.from({ length: 60 }, (_, i) => auth.signIn(`name ${i}`, "wrong", here))));
    expect([count(answers, "sign-in-failed"), count(answers, "busy")]).toEqual([15, 45]);
    expect(codes([await auth.signIn("ann", "a long pass phrase", "10.0.0.2")])).toEqual(["ok"]);
  });
});

describe("slow hashes", () => {
  it("run two at once with a short queue, and beyond that nobody waits", async () => {
    const turns = openTurns();
    const ends: (() => void)[] = [];
    let most = 0;
    let running = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
    };
    const taken = Array.from({ length: 30 }, () => turns.run(work)).filter((turn) => turn !== undefined);
    expect(taken).toHaveLength(hashesAtOnce + hashesWaiting);
    const all = Promise.all(taken);
    let done = false;
    void all.then(() => (done = true));
    while (!done) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).toBe(hashesAtOnce);
    expect(turns.run(() => Promise.resolve())).toBeDefined();
  });
});

describe("where others have failed too often", () => {
  it("a key kept as a digest and a key verified before are let in", async () => {
    const { auth } = await openRig();
    expect(codes([await auth.check(oldKey, here)])).toEqual(["ok"]);
    await lockAddress(auth);
    expect(codes([await auth.check(oldKey, here), await auth.check(newKey, here)])).toEqual(["ok", "ok"]);
  });

  it("a name that signed in there before is let in, until its own failures lock it", async () => {
    const { auth } = await openRig();
    await auth.signIn("ann", "a long pass phrase", here);
    await lockAddress(auth);
    expect(codes([await auth.signIn("ann", "a long pass phrase", here)])).toEqual(["ok"]);
    for (let i = 0; i < 3; i++) await auth.signIn("ann", "wrong", here);
    expect(codes([await auth.signIn("ann", "a long pass phrase", here)])).toEqual(["locked"]);
  });

  it("a lock that is over lets everybody try again", async () => {
    const { auth, advance } = await openRig();
    await lockAddress(auth);
    advance(60_001);
    expect(codes([await auth.signIn("ann", "a long pass phrase", here)])).toEqual(["ok"]);
  });
});

describe("API keys", () => {
  it("an old hash answers a first burst of the same key as one attempt", async () => {
    const { auth } = await openRig();
    const answers = codes(await Promise.all(Array.from({ length: 50 }, () => auth.check(oldKey, here))));
    expect(count(answers, "ok")).toBe(50);
  });

  it("a token refused lately is refused again without counting, so a stale program locks nobody out", async () => {
    const { auth, acts } = await openRig();
    for (let i = 0; i < 50; i++) expect(codes([await auth.check("pv.gone.0123456789abcdefghijkl", here)])).toEqual(["bad-token"]);
    expect(acts).toEqual(["sign-in-failed"]);
  });

  it("are made with a digest, and are gone at once when taken back", async () => {
    const { auth } = await openRig();
    const token = await auth.keys.make({ name: "made", role: "viewer" });
    expect(auth.keys.list().find(({ name }) => name === "made")?.hash).toMatch(/^sha256\$[A-Za-z0-9_-]{43}$/);
    expect(codes([await auth.check(token, here)])).toEqual(["ok"]);
    auth.keys.remove("made");
    expect(codes([await auth.check(token, here)])).toEqual(["bad-token"]);
  });
});
