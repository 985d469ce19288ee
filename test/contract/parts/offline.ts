import fc from "fast-check";
import { expect } from "vitest";
import type { AdapterConfig, Problem } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import type { AdapterContract } from "../harness.ts";
import type { Prove } from "../proofs.ts";

/** Everything that can be known about a configuration before anything is dialled. */
export function offlinePart(contract: AdapterContract, prove: Prove): void {
  const { module } = contract;

  prove("offline check", "a good configuration has no problems", async () => {
    const harness = await contract.open();
    expect(module.check(harness.config)).toEqual([]);
    await harness.close();
  });

  prove("offline check", "every mistake is found at its path, with words a person can act on", async () => {
    const harness = await contract.open();
    const mistakes = contract.badConfigs(harness.config);
    expect(mistakes.length).toBeGreaterThan(2);
    for (const { what, config, path } of mistakes) {
      const found = module.check(config);
      expect(
        found.some((problem) => startsWith(problem, path)),
        `${what}: wanted a problem at ${path.join(".")}, got ${JSON.stringify(found)}`,
      ).toBe(true);
      for (const problem of found) expect(problem.message.length, what).toBeGreaterThan(10);
    }
    await harness.close();
  });

  prove("offline check", "all mistakes are told at once, not the first one only", async () => {
    const harness = await contract.open();
    const [first] = harness.good;
    const wrong = { ...first!.binding, address: "\u0000 no such notation" };
    const config = withBindings(harness.config, [wrong, first!.binding, { ...wrong, point: "another" }]);
    const found = module.check(config).map((problem) => problem.path.slice(0, 4).join("."));
    expect(found).toContain("devices.0.bindings.0");
    expect(found).toContain("devices.0.bindings.2");
    expect(found).not.toContain("devices.0.bindings.1");
    await harness.close();
  });

  prove("offline check", "no text used as an address makes check throw, and what passes check can be created", async () => {
    const harness = await contract.open();
    const seeds = harness.good.map(({ binding }) => binding.address);
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.nat(40), fc.string({ maxLength: 6 }))
      .map(([address, at, insert]) => address.slice(0, at) + insert + address.slice(at));
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated), (address) => {
        const config = withBindings(harness.config, [{ ...harness.good[0]!.binding, address }]);
        if (module.check(config).length === 0) module.create(config, realEnv());
      }),
      { numRuns: 300 },
    );
    await harness.close();
  });
}

function startsWith(problem: Problem, path: readonly (string | number)[]): boolean {
  return path.every((step, index) => problem.path[index] === step);
}

function withBindings(config: AdapterConfig, bindings: AdapterConfig["devices"][number]["bindings"]): AdapterConfig {
  const [first, ...others] = config.devices;
  return { ...config, devices: [{ ...first!, bindings }, ...others] };
}
