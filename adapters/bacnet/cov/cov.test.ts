import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { PushedReading } from "#src/contract/adapter.ts";
import { until } from "#test/contract/harness.ts";
import { openLink as open, peerOf, point, soon } from "#test/contract/peers/bacnet-link.ts";

interface Health {
  readonly link: { readonly dropped: number };
  readonly cov: { readonly reread: number };
}

describe("changes that get lost", () => {
  it("are counted when the system throws them away, and what they may have said is read", async () => {
    // Only Linux tells what it threw away.
    if (!existsSync("/proc/net/udp")) return;
    const peer = await peerOf();
    for (let i = 1; i <= 40; i++) peer.add(`analog-input:${i}`, 0);
    const connection = await open(peer, {}, { checkS: 1 });
    const heard = new Map<string, PushedReading["raw"]>();
    const all = Array.from({ length: 40 }, (_, i) => point(`ai:${i + 1}`));
    await connection.subscribe!(all, (readings) => readings.forEach(({ binding, raw }) => heard.set(binding.address, raw)), soon());
    await until(() => heard.size === 40);
    // Nobody reads the socket while this runs: more than any buffer of ours holds, and the last values are what does not fit.
    for (let round = 1; round <= 1_000; round++) {
      for (const { address } of all) peer.values.set(address.replace("ai", "analog-input"), round);
      peer.device.cov.look();
    }
    const health = () => connection.health!() as unknown as Health;
    expect(health().link.dropped).toBeGreaterThan(0);
    await until(() => [...heard.values()].every((raw) => raw === 1_000), 10_000);
    expect(health().cov.reread).toBeGreaterThanOrEqual(40);
  });

  it("are told again where they were to be confirmed: the device holds on to what nobody acknowledged", async () => {
    const peer = await peerOf({ covTimeoutMs: 50 });
    peer.add("analog-input:1", 1);
    const connection = await open(peer, { cov: "confirmed" }, { checkS: 300 });
    const heard: PushedReading["raw"][] = [];
    await connection.subscribe!([point("ai:1")], (readings) => heard.push(...readings.map(({ raw }) => raw)), soon());
    await until(() => heard.length === 1 && peer.device.application.requester.waiting === 0);
    const { cov } = peer.device;
    // The device hears no acknowledgement: it goes on to tell, one notification at a time.
    peer.behave("frozen");
    peer.set("analog-input:1", 2);
    await until(() => cov.unacknowledged === 1);
    const before = cov.notifications;
    for (let look = 0; look < 10; look++) cov.look();
    expect(cov.notifications).toBe(before + 1);
    await until(() => cov.unacknowledged === 2);
    peer.behave("well");
    cov.look();
    await until(() => peer.device.application.requester.waiting === 0);
    const told = cov.notifications;
    cov.look();
    expect(cov.notifications).toBe(told);
    expect(heard.at(-1)).toBe(2);
  });
});
