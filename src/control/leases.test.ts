import { describe, expect, test } from "vitest";
import type { Principal } from "#src/contract/control.ts";
import { anna, bela, Rig, script, slotsPoint } from "#test/sim/control-rig.ts";
import type { LeaseAnswer } from "./leases.ts";

const points = [slotsPoint("north/level"), slotsPoint("north/strict", { leaseRequired: true })];
const chief: Principal = { name: "chief", kind: "person", role: "engineer" };

function leaseOf(answer: LeaseAnswer) {
  if (!answer.ok) throw new Error(answer.message);
  return answer.lease;
}

describe("a lease", () => {
  test("keeps everybody else out and lets its holder in", async () => {
    const rig = await Rig.open({ points });
    leaseOf(rig.control.leases.take("north/level", anna));
    expect(rig.set("north/level", 1, {}, bela)).toMatchObject({
      code: "leased",
      message: expect.stringContaining("leased by anna") as string,
    });
    expect(rig.set("north/level", 1).status).toBe("success");
  });

  test("is needed only where the site says so", async () => {
    const rig = await Rig.open({ points });
    expect(rig.set("north/level", 1).status).toBe("success");
    expect(rig.set("north/strict", 1)).toMatchObject({ code: "lease-required" });
    leaseOf(rig.control.leases.take("plc", anna));
    expect(rig.set("north/strict", 1).status).toBe("success");
  });

  test("on an area or a device covers what lies in it, and overlaps with a narrower one", async () => {
    const rig = await Rig.open({ points });
    leaseOf(rig.control.leases.take("north", anna));
    expect(rig.set("north/level", 1, {}, bela)).toMatchObject({ code: "leased" });
    expect(rig.control.leases.take("north/level", bela)).toMatchObject({ code: "leased" });
    expect(rig.control.leases.take("nowhere", bela)).toMatchObject({ code: "unknown-scope" });
    expect(rig.control.leases.take("north", { ...bela, role: "viewer" })).toMatchObject({ code: "no-right" });
  });

  test("runs out by itself unless it is renewed, and everybody is told", async () => {
    const rig = await Rig.open({ points });
    const { id } = leaseOf(rig.control.leases.take("north/level", anna, { ttlMs: 60_000 }));
    await rig.advance(30_000);
    leaseOf(rig.control.leases.renew(id, anna, 60_000));
    await rig.advance(50_000);
    expect(rig.control.leases.list()).toHaveLength(1);
    await rig.advance(10_100);
    expect(rig.control.leases.list()).toEqual([]);
    expect(rig.facts.flatMap((fact) => (fact.kind === "operator" ? [fact.act] : []))).toEqual([
      "lease.take",
      "lease.renew",
      "lease.expire",
    ]);
  });

  test("is handed over or given back by its holder and nobody else", async () => {
    const rig = await Rig.open({ points });
    const { id } = leaseOf(rig.control.leases.take("north/level", anna));
    expect(rig.control.leases.handOver(id, bela, "bela")).toMatchObject({ code: "leased" });
    expect(leaseOf(rig.control.leases.handOver(id, anna, "bela")).holder).toBe("bela");
    expect(rig.set("north/level", 1)).toMatchObject({ code: "leased" });
    expect(rig.control.leases.release(id, anna)).toMatchObject({ code: "leased" });
    leaseOf(rig.control.leases.release(id, bela));
    expect(rig.control.leases.release(id, bela)).toMatchObject({ code: "unknown-lease" });
  });

  test("is pre-empted by an equal or better after a grace time, or at once when it is given back", async () => {
    const rig = await Rig.open({ points, config: { preemptGraceMs: 10_000 } });
    leaseOf(rig.control.leases.take("north/level", chief));
    expect(rig.control.leases.take("north/level", anna, { preempt: true })).toMatchObject({ code: "no-right" });
    const admin: Principal = { name: "root", kind: "person", role: "admin" };
    const { id } = leaseOf(rig.control.leases.take("north/level", admin, { preempt: true, reason: "leak" }));
    expect(rig.control.leases.renew(id, chief)).toMatchObject({ code: "pre-empted" });
    expect(rig.set("north/level", 1, {}, chief).status).toBe("success");
    await rig.advance(10_100);
    expect(rig.control.leases.list()).toMatchObject([{ holder: "root", reason: "leak" }]);
    leaseOf(rig.control.leases.take("north/level", admin));
  });

  test("outlives a restart and ends when it would have", async () => {
    const rig = await Rig.open({ points });
    leaseOf(rig.control.leases.take("north/level", anna, { ttlMs: 60_000 }));
    await rig.advance(1_000);
    const next = await rig.restart();
    expect(next.set("north/level", 1, {}, script)).toMatchObject({ code: "leased" });
    await next.advance(60_000);
    expect(next.control.leases.list()).toEqual([]);
  });

  test("that somebody is taking over is neither handed on nor widened meanwhile, and may be handed to him at once", async () => {
    const rig = await Rig.open({ points, config: { preemptGraceMs: 10_000 } });
    const { id } = leaseOf(rig.control.leases.take("north/level", anna));
    leaseOf(rig.control.leases.take("north/level", chief, { preempt: true }));
    expect(rig.control.leases.handOver(id, anna, "bela")).toMatchObject({ code: "pre-empted" });
    expect(rig.control.leases.take("north", anna)).toMatchObject({ code: "pre-empted" });
    expect(leaseOf(rig.control.leases.handOver(id, anna, "chief"))).toMatchObject({ holder: "chief", role: "engineer" });
    await rig.advance(20_000);
    expect(rig.control.leases.list()).toMatchObject([{ holder: "chief" }]);
  });

  test("whose time is over before the grace time passes to whoever is taking it", async () => {
    const rig = await Rig.open({ points, config: { preemptGraceMs: 10_000 } });
    leaseOf(rig.control.leases.take("north/level", anna, { ttlMs: 5_000 }));
    leaseOf(rig.control.leases.take("north/level", chief, { preempt: true, ttlMs: 60_000 }));
    await rig.advance(5_100);
    expect(rig.control.leases.list()).toMatchObject([{ holder: "chief" }]);
    await rig.advance(66_000);
    expect(rig.control.leases.list()).toEqual([]);
  });

  test("is not handed over while another of the same holder overlaps with it, and each has a name of its own", async () => {
    const rig = await Rig.open({ points });
    const wide = leaseOf(rig.control.leases.take("north", anna));
    const narrow = leaseOf(rig.control.leases.take("north/level", anna));
    expect(rig.control.leases.handOver(wide.id, anna, "bela")).toMatchObject({ code: "leased" });
    leaseOf(rig.control.leases.release(wide.id, anna));
    const next = leaseOf(rig.control.leases.take("north/strict", anna));
    expect(next.id).not.toBe(narrow.id);
    expect(rig.control.leases.list()).toHaveLength(2);
    expect(leaseOf(rig.control.leases.handOver(narrow.id, anna, "bela")).holder).toBe("bela");
  });

  test("is over at the instant it says, also when nothing on the timeline has moved since", async () => {
    const rig = await Rig.open({ points, config: { preemptGraceMs: 10_000 } });
    const { id } = leaseOf(rig.control.leases.take("north/strict", anna, { ttlMs: 60_000 }));
    await rig.advance(1_000);
    rig.time.moveTo(rig.time.now() + 59_000_000);
    expect(rig.set("north/strict", 1)).toMatchObject({ code: "lease-required" });
    expect(rig.control.leases.renew(id, anna)).toMatchObject({ code: "unknown-lease" });
    leaseOf(rig.control.leases.take("north/strict", anna, { ttlMs: 60_000 }));
    leaseOf(rig.control.leases.take("north/strict", chief, { preempt: true, ttlMs: 5_000 }));
    await rig.advance(1_000);
    rig.time.moveTo(rig.time.now() + 10_000_000);
    expect(rig.set("north/strict", 1)).toMatchObject({ code: "leased" });
    await rig.advance(10);
    const next = await rig.restart();
    next.time.moveTo(next.time.now() + 60_000_000);
    expect(next.control.leases.list()).toEqual([]);
    await next.advance(1_000);
    expect(next.facts.flatMap((fact) => (fact.kind === "operator" ? [fact.act] : []))).toEqual(["lease.expire"]);
  });
});
