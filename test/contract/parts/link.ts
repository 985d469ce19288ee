import { expect, onTestFinished } from "vitest";
import { GatewayError } from "#src/kit/errors.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { errorOf, expectNothingLeft, openHandles, settledWithin, valuesOf, withLink, type AdapterContract } from "../harness.ts";
import type { Prove } from "../proofs.ts";

/** Dialling, losing and closing. */
export function linkPart(contract: AdapterContract, prove: Prove): void {
  prove("connect", "an open link has not lost anything; close settles `lost` and may be called twice", async () => {
    await withLink(contract, async ({ connection }) => {
      expect((await settledWithin(connection.lost, 50)).kind).toBe("pending");
      await Promise.all([connection.close(), connection.close()]);
      await connection.close();
      const lost = await settledWithin(connection.lost, 1_000);
      expect(lost.kind).toBe("resolved");
      expect((lost as { value: unknown }).value).toBeInstanceOf(GatewayError);
    });
  });

  if (contract.has.refusal) {
    prove("connect", "a place where nobody listens is a typed error that says trying again can help", async () => {
      const harness = await contract.open();
      onTestFinished(() => harness.close());
      await harness.peer.leave();
      const env = realEnv();
      const before = openHandles();
      const error = await errorOf(
        contract.module.create(harness.config, env).connect(AbortSignal.timeout(20_000)),
        harness.patienceMs + 10_000,
      );
      expect(["connect-refused", "connect-timeout"]).toContain(error.code);
      expect(error.canRetry).toBe(true);
      expect(error.sent).toBe(false);
      await expectNothingLeft(env, before);
    });
  }

  prove("connect", "an attempt that is given up ends at once and leaves nothing", async () => {
    const harness = await contract.open();
    onTestFinished(() => harness.close());
    const env = realEnv();
    const before = openHandles();
    const adapter = contract.module.create(harness.config, env);
    expect((await settledWithin(adapter.connect(AbortSignal.abort()), 1_000)).kind).toBe("rejected");
    harness.peer.behave("frozen");
    const giveUp = new AbortController();
    const attempt = adapter.connect(giveUp.signal);
    giveUp.abort();
    const outcome = await settledWithin(attempt, 1_000);
    // A protocol without a handshake may have been through before it was given up; then it is simply closed.
    if (outcome.kind === "resolved") await outcome.value.close();
    expect(outcome.kind).not.toBe("pending");
    await expectNothingLeft(env, before);
  });

  if (contract.has.noticesDeath) {
    prove("lost", "a link that is cut settles `lost` once, by itself, and what is asked afterwards is refused at once", async () => {
      await withLink(contract, async ({ harness, connection }) => {
        let times = 0;
        void connection.lost.then(() => times++);
        await harness.peer.cut();
        const error = await settledWithin(connection.lost, 5_000);
        expect(error.kind).toBe("resolved");
        expect(error).toMatchObject({ value: { code: "link-lost" } });
        await connection.close();
        expect(times).toBe(1);
        const [first] = harness.good;
        expect((await errorOf(connection.read([first!.binding], AbortSignal.timeout(5_000)), 1_000)).sent).toBe(false);
      });
    });

    prove("lost", "what was being asked when the link was cut is rejected, not forgotten", async () => {
      await withLink(contract, async ({ harness, connection }) => {
        if (contract.has.values !== "asked") return void (await harness.peer.cut());
        harness.peer.behave("frozen");
        const reads = harness.good.map(({ binding }) => connection.read([binding], AbortSignal.timeout(20_000)));
        const errors = Promise.all(reads.map((read) => errorOf(read, 5_000)));
        await new Promise((resolve) => setTimeout(resolve, 20));
        await harness.peer.cut();
        for (const error of await errors) expect(["link-lost", "timeout"]).toContain(error.code);
      });
    });
  }

  prove("connect", "after a restart of the peer a new attempt gives right values again", async () => {
    await withLink(contract, async ({ harness, connection, again }) => {
      await harness.peer.leave();
      if (contract.has.noticesDeath) await settledWithin(connection.lost, 5_000);
      await harness.peer.comeBack();
      const second = await again();
      const readings = await valuesOf(
        contract,
        second,
        harness.good.map(({ binding }) => binding),
      );
      expect(readings.map((reading) => reading.raw)).toEqual(harness.good.map(({ value }) => value));
    });
  });

  prove("closing", "close in the middle of a question rejects the question and leaves nothing", async () => {
    await withLink(contract, async ({ harness, connection }) => {
      harness.peer.behave("frozen");
      const asked = contract.has.values === "asked" ? connection.read([harness.good[0]!.binding], AbortSignal.timeout(20_000)) : undefined;
      const error = asked && errorOf(asked, 5_000);
      await connection.close();
      if (error) expect(["closed", "link-lost"]).toContain((await error).code);
      const lost = await settledWithin(connection.lost, 1_000);
      expect(lost.kind).toBe("resolved");
    });
  });
}
