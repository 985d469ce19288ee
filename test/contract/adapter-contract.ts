import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actsPart } from "./parts/acts.ts";
import { linkPart } from "./parts/link.ts";
import { listensPart } from "./parts/listens.ts";
import { offlinePart } from "./parts/offline.ts";
import { valuesPart } from "./parts/values.ts";
import type { AdapterContract } from "./harness.ts";
import { proofs } from "./proofs.ts";

export type { AdapterContract, AdapterHarness, PeerControl } from "./harness.ts";

/** The contract every adapter passes against a peer we control, and the check of its row on the scoreboard. */
export function describeAdapterContract(contract: AdapterContract): void {
  const { prove, row } = proofs();
  describe(`the ${contract.module.protocol} adapter keeps the adapter contract`, () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    beforeAll(() => void process.on("unhandledRejection", note));
    afterAll(() => void process.off("unhandledRejection", note));

    offlinePart(contract, prove);
    linkPart(contract, prove);
    valuesPart(contract, prove);
    actsPart(contract, prove);
    listensPart(contract, prove);

    it("no rejection went unhandled", async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(unhandled).toEqual([]);
    });
    row(contract);
  });
}
