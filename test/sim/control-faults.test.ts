import { expect, test } from "vitest";
import type { Command } from "#msgs/command.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Value } from "#msgs/point.ts";
import type { Recipe, RecipeMemberStatus } from "#src/control/recipe-book.ts";
import type { Random } from "#src/kit/random.ts";
import type { Fault } from "./control-plant.ts";
import { isEnd } from "#msgs/command.ts";
import { between, pick, seededRandom } from "#src/kit/random.ts";
import { isTaken } from "./control-paper.ts";
import { anna, bela, Rig, slotsPoint } from "./control-rig.ts";
import { LeaseOracle } from "./control-lease-oracle.ts";
import { Oracle } from "./control-oracle.ts";
import { faults, UnrulyPlant } from "./control-plant.ts";

const isSoak = process.env["PLAINVIEW_SOAK"] === "1";
const wanted = isSoak ? 100_000 : 4_000;
const perRun = 2_000;
const firstSeed = Number(process.env["PLAINVIEW_SEED"] ?? 20_261_121);

/** Runs that once found something, in the desk or in the oracle, since this test draws its chances as it does now. */
const kept = [
  63_574_098, 531_573_938, 1_384_066_953, 2_020_765_207, 2_042_052_082, 501_750_963, 1_080_456_762, 1_481_923_812, 243_559_173, 20_261_162,
];

const leasedSeeds = Array.from({ length: isSoak ? 25 : 4 }, (_, index) => firstSeed + 1_000_003 * (index + 1)).concat(2_699_919_249);
/** Everything that can become of a lease, and what it does to commands, has to have happened. */
const leaseTurns = [
  ...["lease.take", "lease.renew", "lease.hand-over", "lease.preempt", "lease.pass", "lease.release", "lease.expire"],
  ...["leased", "lease-required", "leased meanwhile", "crash while held"],
].sort();

const tolerance = 0.5;
const count = 40;
/** What a point shows when nobody holds it: a fifth of them keep their slots in the device. */
const defaultOf = (index: number) => (index % 5 < 2 ? "leave" : 20);
const isArray = (index: number) => index % 5 === 4;
const isLeaseRequired = (point: string) => leasedPoints.indexOf(point) % 2 === 1;
const leasedPoints = [0, 1, 4, 5].map((index) => `north/p-${index}`);
const points = Array.from({ length: count }, (_, index) => {
  const evidence = { tolerance, withinMs: 2_000, holdMs: index % 2 === 0 ? 2_500 : 0 };
  const mode = index % 10 === 1 ? "momentary" : "slots";
  const significance = index % 10 === 3 ? "critical" : "routine";
  return slotsPoint(`north/p-${index}`, { mode, default: defaultOf(index), significance, evidence });
});
const arrays = new Map(points.flatMap(({ id }, index) => (isArray(index) ? [[id, 20] as const] : [])));

const sim = { name: "sim", kind: "program", role: "operator" } as const;
const people = [sim, anna, bela, { name: "chief", kind: "person", role: "engineer" }] as const;
const second = { name: "second", kind: "person", role: "operator" } as const;

interface Sum {
  readonly ends: Set<string>;
  readonly seen: Map<Fault, number>;
  asked: number;
  readonly leases: Set<string>;
}

function anyCommand(random: Random, id: string, now: number): Command {
  const point = pick(random, points).id;
  const priority = pick(random, [8, 8, 8, 16, 4]);
  const act = random() < 0.25 ? ({ do: "release", point } as const) : ({ do: "set", point, value: pick(random, [10, 40, 90]) } as const);
  const ttl = act.do === "set" && random() < 0.2 ? { ttlMs: between(random, 500, 20_000) } : {};
  const date = random() < 0.1 ? { expiresAt: now + between(random, 1, 60) * 1_000 } : {};
  return { id, act, priority, reason: "simulated", asked: "point.write", ...ttl, ...date };
}

function anyRecipe(random: Random, id: string): Recipe {
  const chosen = new Set(Array.from({ length: 3 }, () => pick(random, points).id));
  const steps = [...chosen].map((point) => ({ point, value: pick(random, [10, 40, 90]) }));
  return { id, steps, order: pick(random, ["together", "one-by-one"] as const), priority: 8, reason: "simulated" };
}

/** Somebody wants a lease, or to be rid of one. */
function anyLeaseAct(random: Random, { control, time }: Rig, leases: LeaseOracle): void {
  const scope = random() < 0.3 ? pick(random, ["plc", "north"]) : pick(random, leasedPoints);
  const ttlMs = between(random, 200, scope.includes("/") ? 12_000 : 3_000);
  const held = control.leases.list();
  const { id, holder } = random() < 0.9 && held.length > 0 ? pick(random, held) : { id: "lease-gone", holder: "nobody" };
  // Most often it is a holder who wants something more.
  const by = (random() < 0.6 && people.find(({ name }) => name === holder)) || pick(random, people);
  const now = time.now();
  const act = pick(random, ["take", "take", "take", "pre-empt", "renew", "hand-over", "release"] as const);
  if (act === "take" || act === "pre-empt") {
    leases.answered(act, by, scope, control.leases.take(scope, by, { ttlMs, preempt: act === "pre-empt" }), now);
  } else if (act === "renew") leases.answered(act, by, id, control.leases.renew(id, by, ttlMs), now);
  else if (act === "hand-over") {
    const to = pick(random, people).name;
    leases.answered(act, by, id, control.leases.handOver(id, by, to), now, to);
  } else leases.answered(act, by, id, control.leases.release(id, by), now);
}

/** One end each; confirmed only when every member was, and all back only when whatever was done has a way back that came true. */
function wrongRecipes(journal: readonly Fact[], rig: Rig): readonly string[] {
  const told = journal.flatMap((fact) => (fact.kind === "operator" && fact.act !== "recipe.rejected" ? [fact] : []));
  const requested = told.filter(({ act }) => act === "recipe.requested");
  const stateOf = (id: string) => rig.tables.commands.get(id)?.state;
  return requested.flatMap(({ data: { recipeId, members } }) => {
    const ends = told.filter(({ act, data }) => act !== "recipe.requested" && data["recipeId"] === recipeId).map(({ act }) => act);
    const ids = (members as readonly RecipeMemberStatus[]).map(({ command }) => command);
    const isDone = ids.every((id) => stateOf(id) === "confirmed");
    const isBack = ids.every((id) => {
      const row = rig.tables.commands.get(id);
      return !row || row.step.code === "superseded" || !isTaken(row) || ["confirmed", "masked"].includes(stateOf(`${id}.back`) ?? "");
    });
    if (ends.length !== 1) return [`${String(recipeId)} ended as ${ends.join(" and ")}`];
    if (ends[0] === "recipe.confirmed" && !isDone) return [`${String(recipeId)} is confirmed and a member is not`];
    return ends[0] === "recipe.failed" && !isBack ? [`${String(recipeId)} is said to be back as it was and a member is not`] : [];
  });
}

/** One run of the gateway against an unruly plant, killed and started again now and then; `hasLeases`: among clients who want leases. */
async function run(seed: number, sum: Sum, hasLeases: boolean): Promise<void> {
  const random = seededRandom(seed);
  // Chances of its own, so that a run without leases is the run it was.
  const leaseRandom = seededRandom(seed + 1);
  const found: string[] = [];
  const asked = new Set<string>();
  const journal: Fact[] = [];
  let rig!: Rig;
  let plant!: UnrulyPlant;
  let oracle!: Oracle;
  let leases!: LeaseOracle;
  const world = {
    asked: (point: string, value: Value, askedAt: number) => rig.sample(point, value, { askedAt }),
    pushed: (point: string, value: Value, sourceTime: number, about: "now" | "retained") =>
      rig.sample(point, value, { origin: about === "now" ? "pushed" : "retained", sourceTime }),
  };
  rig = await Rig.open({
    points: points.map((point) =>
      hasLeases && isLeaseRequired(point.id) ? { ...point, control: { ...point.control!, leaseRequired: true } } : point,
    ),
    journal,
    config: { writeTimeoutMs: 3_000, askTimeoutMs: 1_000, readBackMs: 5_000, reservedPriorities: [], preemptGraceMs: 2_000 },
    commitMs: () => between(random, 1, 8),
    devices: ({ time, tables }) => {
      plant ??= new UnrulyPlant({ time, random, line: () => world, arrays });
      oracle ??= new Oracle({
        points: new Map(points.map((point) => [point.id, point])),
        plant,
        tables,
        tolerance,
        complain: (what) => found.push(what),
      });
      const isRequired = (point: string) => hasLeases && isLeaseRequired(point);
      leases ??= new LeaseOracle({ wide: new Set(["plc", "north"]), isRequired, tables, complain: (what) => found.push(what) });
      return plant;
    },
    onFact: (fact) => {
      oracle?.see(fact);
      leases?.see(fact);
      if (fact.kind === "command" || fact.kind === "operator") journal.push(fact);
    },
  });

  for (let sent = 0; sent < perRun && found.length === 0;) {
    const burst = between(random, 1, 12);
    for (let i = 0; i < burst && sent < perRun; i++, sent++) {
      const command = anyCommand(random, `s${seed}-${sent}`, rig.time.now());
      const by = hasLeases ? pick(leaseRandom, people) : sim;
      leases.submitted(command, by, rig.control.desk.submit(command, by), rig.time.now());
      asked.add(command.id);
    }
    if (random() < 0.05) rig.control.recipes.apply(anyRecipe(random, `r${seed}-${sent}`), sim);
    for (const { command } of rig.control.desk.held()) if (random() < 0.3) rig.control.desk.release(command.id, second);
    if (random() < 0.2) rig.control.desk.cancel(pick(random, [...asked].slice(-5)), sim);
    for (let i = hasLeases ? between(leaseRandom, 0, 6) : 0; i > 0; i--) anyLeaseAct(leaseRandom, rig, leases);
    plant.isLinkUp = random() > 0.03;
    for (let i = 0; i < 6; i++) plant.poll(pick(random, points).id);
    for (let i = 0; i < 15; i++) plant.push(pick(random, points).id);
    await rig.advance(between(random, 5, 400));
    rig.facts.length = 0;
    leases.check(rig.control.leases.list(), rig.time.now());
    if (random() < 0.005) plant.restart();
    if (random() < 0.01) {
      oracle.checkSlots();
      const dead = rig;
      // Some stay down long enough for overrides to run out meanwhile.
      await dead.control.close();
      if (random() < 0.5) await dead.advance(between(random, 100, 10_000));
      oracle.started(dead.time.now());
      leases.started(dead.time.now());
      rig = await dead.restart();
    }
    const longAgo = rig.time.now() - 60_000_000;
    plant.forgetBefore(longAgo);
    oracle.forgetBefore(longAgo);
    leases.forgetBefore(longAgo);
  }
  plant.isLinkUp = true;
  await rig.advance(400_000);
  if (found.length === 0) oracle.finish();
  leases.check(rig.control.leases.list(), rig.time.now());
  for (const what of leases.seen) sum.leases.add(what);
  await rig.control.close();
  for (const [kind, times] of plant.seen) sum.seen.set(kind, (sum.seen.get(kind) ?? 0) + times);
  for (const { end } of oracle.told.values()) if (end) sum.ends.add(end.state);
  // A command whose `recorded` was not durable when the gateway was killed never was: its sender was told nothing but `success`.
  const known = [...asked].filter((id) => rig.tables.commands.has(id));
  sum.asked += known.length;
  found.push(...wrongRecipes(journal, rig));
  for (const id of known) {
    if (!isEnd(rig.tables.commands.get(id)!.state)) found.push(`${id} has no end`);
    else if (!oracle.told.get(id)?.end) found.push(`the end of ${id} was told to nobody`);
  }
  if (found.length > 0) throw new Error(`${found.slice(0, 5).join("\n")}\n(seed ${seed}: run with PLAINVIEW_SEED=${seed})`);
}

test(
  "against devices that drop, delay, clamp, ignore, revert, duplicate and reorder, nothing is said that is not so, and everything ends",
  async () => {
    const sum: Sum = { ends: new Set(), seen: new Map(), asked: 0, leases: new Set() };
    const seeds = new Set([...kept, ...Array.from({ length: wanted / perRun }, (_, index) => firstSeed + index)]);
    for (const seed of seeds) await run(seed, sum, false);
    for (const seed of leasedSeeds) await run(seed, sum, true);
    expect(sum.asked).toBeGreaterThan(wanted * 0.95);
    expect([...sum.leases].sort()).toEqual(leaseTurns);
    expect([...sum.seen.keys()].sort()).toEqual([...faults].sort());
    expect([...sum.ends].sort()).toEqual(["cancelled", "confirmed", "expired", "failed", "masked", "mismatch", "rejected", "unknown"]);
  },
  isSoak ? 1_200_000 : 110_000,
);
