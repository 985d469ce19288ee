import { expect } from "vitest";
import type { PushedReading } from "#src/contract/adapter.ts";
import { isGood } from "#msgs/quality.ts";
import { settledWithin, until, withLink, type AdapterContract } from "../harness.ts";
import type { Prove } from "../proofs.ts";

/** Subscriptions and browsing, where the protocol has them. */
export function listensPart(contract: AdapterContract, prove: Prove): void {
  if (contract.has.subscribe) {
    prove("subscribe", "a change is pushed with its binding; after close nothing is pushed any more", async () => {
      await withLink(contract, async ({ harness, connection }) => {
        const [first, second] = harness.good;
        const heard: PushedReading[] = [];
        const subscription = await connection.subscribe!(
          [first!.binding, second!.binding],
          (readings, about) => {
            heard.push(...readings);
            about?.settled?.(true);
          },
          AbortSignal.timeout(10_000),
        );
        const newest = (point: string) => heard.findLast((reading) => reading.binding.point === point && isGood(reading.quality))?.raw;
        for (const binding of [first!.binding, second!.binding]) expect(subscription.refused).not.toContain(binding);
        await harness.peer.set(first!.binding, second!.value);
        await until(() => newest(first!.binding.point) === second!.value);
        await harness.peer.set(first!.binding, first!.value);
        await until(() => newest(first!.binding.point) === first!.value);
        await subscription.close();
        await subscription.close();
        const before = heard.length;
        await harness.peer.set(first!.binding, second!.value);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(heard.length).toBe(before);
        await harness.peer.set(first!.binding, first!.value);
      });
    });
  }

  if (contract.has.browse) {
    prove("browse", "what can be bound is found, and looking can be given up", async () => {
      await withLink(contract, async ({ connection }) => {
        const devices = new Set<string>();
        for await (const found of connection.browse!(AbortSignal.timeout(15_000))) devices.add(found.device.id);
        expect(devices.size).toBeGreaterThan(0);
        const giveUp = new AbortController();
        const looking = (async () => {
          for await (const _ of connection.browse!(giveUp.signal)) giveUp.abort();
        })();
        giveUp.abort();
        expect((await settledWithin(looking, 3_000)).kind).not.toBe("pending");
      });
    });
  }
}
