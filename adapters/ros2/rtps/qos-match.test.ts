import { expect, test } from "vitest";
import { defaultQos, type Qos } from "./qos.ts";
import { globMatches, requestFor, unmetPolicies } from "./qos-match.ts";

const qos = (more: Partial<Qos>): Qos => ({ ...defaultQos, ...more });

test("an offer that falls short names each policy in which it does", () => {
  const offered = qos({ reliability: "best-effort", deadlineMs: 1000, livelinessLeaseMs: 5000, partitions: ["a"] });
  const requested = qos({
    durability: "transient-local",
    deadlineMs: 500,
    livelinessLeaseMs: 1000,
    ownership: "exclusive",
    destinationOrder: "source",
  });
  expect(unmetPolicies(offered, requested)).toEqual([
    "reliability",
    "durability",
    "deadline",
    "liveliness",
    "ownership",
    "destination-order",
    "partition",
  ]);
});

test("an offer may be better than the request", () => {
  const offered = qos({ durability: "persistent", deadlineMs: 10, liveliness: "manual-by-topic", livelinessLeaseMs: 100 });
  expect(unmetPolicies(offered, qos({ reliability: "best-effort", deadlineMs: 100, livelinessLeaseMs: 1000 }))).toEqual([]);
});

test("partitions meet by name or by pattern, and none at all is the one without a name", () => {
  const meet = (a: string[], b: string[]) => unmetPolicies(qos({ partitions: a }), qos({ partitions: b })).length === 0;
  expect(meet([], [])).toBe(true);
  expect(meet([], ["x"])).toBe(false);
  expect(meet(["robots/1", "y"], ["robots/?"])).toBe(true);
  expect(meet(["*"], ["anything"])).toBe(true);
  expect(globMatches("a*b*c", "a-b-b-c")).toBe(true);
  expect(globMatches("a*b*d", "a-b-b-c")).toBe(false);
});

test("the request made for an offer always meets it", () => {
  for (const reliability of ["best-effort", "reliable"] as const) {
    for (const durability of ["volatile", "transient-local", "transient", "persistent"] as const) {
      const offered = qos({ reliability, durability, deadlineMs: 40, livelinessLeaseMs: 100, partitions: ["p"], ownership: "exclusive" });
      const request = requestFor(offered, 1000);
      expect(unmetPolicies(offered, request)).toEqual([]);
      expect(request.depth).toBe(1000);
    }
  }
});
