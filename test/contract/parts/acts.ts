import { expect } from "vitest";
import type { DeviceAct } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { errorOf, settledWithin, until, valuesOf, withLink, type AdapterContract, type AdapterHarness } from "../harness.ts";
import type { Prove } from "../proofs.ts";

/** Writing: once, and honest about whether it may have arrived. */
export function actsPart(contract: AdapterContract, prove: Prove): void {
  if (!contract.has.act) return;
  const act = (harness: AdapterHarness, value: Value): DeviceAct => ({ do: "set", binding: harness.writable!.binding, value, priority: 8 });

  prove("acts", "a write reaches the device once, is vouched for, and shows when read back", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const { binding, values, writes } = harness.writable!;
      for (const value of values) {
        const receipt = await connection.act!(act(harness, value), AbortSignal.timeout(5_000));
        expect(["device", "transport", "none"]).toContain(receipt.assurance);
        await until(() => writes().at(-1) === value);
        const [reading] = await valuesOf(contract, connection, [binding]);
        expect(reading!.raw).toEqual(value);
      }
      expect(writes()).toEqual(values);
    });
  });

  prove("acts", "a write given up before it is sent says so and never arrives", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const error = await errorOf(connection.act!(act(harness, harness.writable!.values[0]), AbortSignal.abort()), 1_000);
      expect(error.sent).toBe(false);
      await valuesOf(contract, connection, [harness.good[0]!.binding]);
      expect(harness.writable!.writes()).toEqual([]);
    });
  });

  prove("acts", "a write that is not answered may have arrived, is never repeated, and says both", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      harness.peer.behave("frozen");
      const outcome = await settledWithin(
        connection.act!(act(harness, harness.writable!.values[0]), AbortSignal.timeout(20_000)),
        harness.patienceMs + 5_000,
      );
      // A transport that needs no answer (MQTT at QoS 0) has nothing to wait for; what it may not do is claim the device's word.
      if (outcome.kind === "resolved") return expect(outcome.value.assurance).not.toBe("device");
      expect(outcome.kind).toBe("rejected");
      expect((outcome as { error: { sent: boolean } }).error.sent).toBe(true);
      harness.peer.behave("well");
      await settledWithin(valuesOf(contract, connection, [harness.good[0]!.binding]), harness.patienceMs + 5_000);
      expect(harness.writable!.writes().length).toBeLessThanOrEqual(1);
      return undefined;
    });
  });

  prove("acts", "a write on a link that is gone was not sent", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      await connection.close();
      expect((await errorOf(connection.act!(act(harness, harness.writable!.values[0]), AbortSignal.timeout(5_000)), 1_000)).sent).toBe(
        false,
      );
      expect(harness.writable!.writes()).toEqual([]);
    });
  });

  prove("acts", "what the device refuses is a typed error that trying again does not mend", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const refused = harness.writable!.refused;
      if (!refused) return;
      const error = await errorOf(
        connection.act!({ do: "set", ...refused, priority: 8 }, AbortSignal.timeout(5_000)),
        harness.patienceMs + 5_000,
      );
      expect(["device-refused", "bad-address", "not-supported"]).toContain(error.code);
      expect(error.canRetry).toBe(false);
    });
  });

  prove("acts", "a method nobody has is refused without being sent", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      const call: DeviceAct = { do: "call", device: harness.good[0]!.binding.device, method: "no such method", args: {} };
      const error = await errorOf(connection.act!(call, AbortSignal.timeout(5_000)), harness.patienceMs + 5_000);
      expect(["not-supported", "bad-address", "device-refused"]).toContain(error.code);
    });
  });
}
