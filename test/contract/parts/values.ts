import { expect } from "vitest";
import type { Binding, Connection, Reading } from "#src/contract/adapter.ts";
import { isBad, isGood } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { seededRandom } from "#src/kit/random.ts";
import { errorOf, settledWithin, until, valuesOf, withLink, type AdapterContract } from "../harness.ts";
import type { Prove } from "../proofs.ts";

/** Reading: the right value at the right place, or an honest bad one, whatever the peer does. */
export function valuesPart(contract: AdapterContract, prove: Prove): void {
  prove("values", "every point comes with the value the peer holds and a good quality", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const readings = await valuesOf(
        contract,
        connection,
        harness.good.map(({ binding }) => binding),
      );
      expect(readings.map((reading) => reading.raw)).toEqual(harness.good.map(({ value }) => value));
      expect(readings.every((reading) => isGood(reading.quality))).toBe(true);
    });
  });
  if (contract.has.values === "asked") askedPart(contract, prove);
}

function askedPart(contract: AdapterContract, prove: Prove): void {
  prove("values", "answers come in the order of the question, one each, repeated points too", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const random = seededRandom(11);
      for (let round = 0; round < 10; round++) {
        const asked = Array.from(
          { length: 1 + Math.floor(random() * 12) },
          () => harness.good[Math.floor(random() * harness.good.length)]!,
        );
        const readings = await connection.read(
          asked.map(({ binding }) => binding),
          AbortSignal.timeout(5_000),
        );
        expect(readings.map((reading) => reading.raw)).toEqual(asked.map(({ value }) => value));
      }
      expect(await connection.read([], AbortSignal.timeout(5_000))).toEqual([]);
    });
  });

  prove("values", "questions put side by side do not mix up their answers", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const rounds = Array.from({ length: 30 }, async (_, index) => {
        const { binding, value } = harness.good[index % harness.good.length]!;
        const [reading] = await connection.read([binding], AbortSignal.timeout(5_000));
        expect(reading!.raw).toEqual(value);
      });
      await Promise.all(rounds);
    });
  });

  prove("values", "an address the device does not have is one bad reading with a reason, and the others are good", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      if (!harness.unknown) return;
      const [first, second] = harness.good;
      for (let round = 0; round < 2; round++) {
        const readings = await connection.read([first!.binding, harness.unknown, second!.binding], AbortSignal.timeout(5_000));
        expect([readings[0]!.raw, readings[2]!.raw]).toEqual([first!.value, second!.value]);
        expect(readings[1]!.raw).toBeNull();
        expect(isBad(readings[1]!.quality)).toBe(true);
        expect(readings[1]!.reason?.length).toBeGreaterThan(5);
      }
    });
  });

  prove("time-outs", "a frozen peer is a time-out, and when it thaws its late answers are not taken for new ones", async () => {
    await withLink(contract, async ({ harness, connection, again }) => {
      harness.peer.behave("frozen");
      const error = await errorOf(connection.read([harness.good[0]!.binding], AbortSignal.timeout(20_000)), harness.patienceMs + 2_000);
      expect(["timeout", "link-lost"]).toContain(error.code);
      harness.peer.behave("well");
      await rightAgain(contract, harness.good, connection, again, harness.patienceMs);
    });
  });

  prove("time-outs", "an answer later than the time-out is a time-out and is never given to another question", async () => {
    await withLink(contract, async ({ harness, connection, again }) => {
      harness.peer.behave({ slowMs: harness.patienceMs * 1.2 });
      const error = await errorOf(connection.read([harness.good[0]!.binding], AbortSignal.timeout(20_000)), harness.patienceMs + 2_000);
      expect(["timeout", "link-lost"]).toContain(error.code);
      harness.peer.behave("well");
      for (let round = 0; round < 5; round++) await rightAgain(contract, harness.good.slice(1), connection, again, harness.patienceMs);
    });
  });

  prove("time-outs", "a slow answer within the time-out is a right answer", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      harness.peer.behave({ slowMs: 20 });
      const readings = await connection.read(
        harness.good.map(({ binding }) => binding),
        AbortSignal.timeout(5_000),
      );
      expect(readings.map((reading) => reading.raw)).toEqual(harness.good.map(({ value }) => value));
    });
  });

  prove("abort", "a question that is given up is rejected at once, and the link goes on being right", async () => {
    await withLink(contract, async ({ harness, connection, again }) => {
      const giveUp = new AbortController();
      harness.peer.behave("frozen");
      const read = connection.read([harness.good[0]!.binding], giveUp.signal);
      setTimeout(() => giveUp.abort(), 20);
      expect((await settledWithin(read, 1_000)).kind).toBe("rejected");
      expect((await settledWithin(connection.read([harness.good[0]!.binding], AbortSignal.abort()), 1_000)).kind).toBe("rejected");
      harness.peer.behave("well");
      await rightAgain(contract, harness.good, connection, again, harness.patienceMs);
    });
  });

  prove(
    "garbage",
    "bytes that are not the protocol give an error or a bad reading, never a value, and a new link is right again",
    async () => {
      await withLink(contract, async ({ harness, connection, again }) => {
        harness.peer.behave("garbage");
        for (let round = 0; round < 3; round++) {
          const asked = connection.read(
            harness.good.map(({ binding }) => binding),
            AbortSignal.timeout(20_000),
          );
          const outcome = await settledWithin(asked, harness.patienceMs + 2_000);
          if (outcome.kind === "rejected") expect(outcome.error).toBeInstanceOf(GatewayError);
          else
            expect(outcome.kind === "resolved" && outcome.value.every((reading) => isBad(reading.quality)), JSON.stringify(outcome)).toBe(
              true,
            );
        }
        harness.peer.behave("well");
        await rightAgain(contract, harness.good, connection, again, harness.patienceMs);
      });
    },
  );

  if (contract.has.devices) {
    prove("dead device", "a device that never answers is a time-out and slows no other behind the same link", async () => {
      await withLink(contract, async ({ harness, connection }) => {
        let deadIsAsked = true;
        const dead = errorOf(connection.read(harness.dead!, AbortSignal.timeout(20_000)), harness.patienceMs + 5_000).finally(
          () => (deadIsAsked = false),
        );
        let roundsMeanwhile = 0;
        while (deadIsAsked && roundsMeanwhile < 20) {
          for (const points of [harness.good, harness.second!]) {
            const readings: readonly Reading[] = await connection.read(
              points.map(({ binding }) => binding),
              AbortSignal.timeout(5_000),
            );
            expect(readings.map((reading) => reading.raw)).toEqual(points.map(({ value }) => value));
          }
          roundsMeanwhile++;
        }
        expect((await dead).code).toBe("timeout");
        expect(roundsMeanwhile, "rounds of the living while the dead one was waited for").toBeGreaterThanOrEqual(3);
        expect((await settledWithin(connection.lost, 20)).kind).toBe("pending");
      });
    });
  }
}

/** Right values on this link, or, when it was given up as it may be, on the next one; anything wrong in between fails. */
async function rightAgain(
  contract: AdapterContract,
  points: readonly { readonly binding: Binding; readonly value: unknown }[],
  connection: Connection,
  again: () => Promise<Connection>,
  patienceMs: number,
): Promise<void> {
  const bindings = points.map(({ binding }) => binding);
  let link = connection;
  let right = false;
  const attempt = async () => {
    const outcome = await settledWithin(valuesOf(contract, link, bindings), patienceMs + 5_000);
    if (outcome.kind !== "resolved") {
      if ((await settledWithin(link.lost, 1)).kind === "resolved") link = await again();
      return;
    }
    for (const [index, reading] of outcome.value.entries()) if (!isBad(reading.quality)) expect(reading.raw).toEqual(points[index]!.value);
    right = outcome.value.every((reading) => isGood(reading.quality));
  };
  for (let round = 0; round < 6 && !right; round++) await attempt();
  await until(() => right, 1);
}
