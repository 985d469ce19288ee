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
import { Rig, slotsPoint } from "./control-rig.ts";
import { Oracle } from "./control-oracle.ts";
import { faults, UnrulyPlant } from "./control-plant.ts";

const isSoak = process.env["PLAINVIEW_SOAK"] === "1";
const wanted = isSoak ? 100_000 : 4_000;
const perRun = 2_000;
const firstSeed = Number(process.env["PLAINVIEW_SEED"] ?? 20_261_121);

/** Runs that once found something, in the desk or in the oracle, since this test draws its chances as it does now. */
const kept = [63_574_098, 531_573_938, 1_384_066_953, 2_020_765_207, 2_042_052_082, 501_750_963, 1_080_456_762];

const tolerance = 0.5;
const count = 40;
/** What a point shows when nobody holds it: a fifth of them keep their slots in the device. */
const defaultOf = (index: number) => (index % 5 < 2 ? "leave" : 20);
const isArray = (index: number) => index % 5 === 4;
const points = Array.from({ length: count }, (_, index) => {
  const evidence = { tolerance, withinMs: 2_000, holdMs: index % 2 === 0 ? 2_500 : 0 };
  const mode = index % 10 === 1 ? "momentary" : "slots";
  const significance = index % 10 === 3 ? "critical" : "routine";
  return slotsPoint(`north/p-${index}`, { mode, default: defaultOf(index), significance, evidence });
});
const arrays = new Map(points.flatMap(({ id }, index) => (isArray(index) ? [[id, 20] as const] : [])));

const sim = { name: "sim", kind: "program", role: "operator" } as const;
const second = { name: "second", kind: "person", role: "operator" } as const;

interface Sum {
  readonly ends: Set<string>;
  readonly seen: Map<Fault, number>;
  asked: number;
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

/** One run of the gateway against an unruly plant, killed and started again now and then. */
async function run(seed: number, sum: Sum): Promise<void> {
  const random = seededRandom(seed);
  const found: string[] = [];
  const asked = new Set<string>();
  const journal: Fact[] = [];
  let rig!: Rig;
  let plant!: UnrulyPlant;
  let oracle!: Oracle;
  const world = {
    asked: (point: string, value: Value, askedAt: number) => rig.sample(point, value, { askedAt }),
    pushed: (point: string, value: Value, sourceTime: number, about: "now" | "retained") =>
      rig.sample(point, value, { origin: about === "now" ? "pushed" : "retained", sourceTime }),
  };
  rig = await Rig.open({
    points,
    journal,
    config: { writeTimeoutMs: 3_000, askTimeoutMs: 1_000, readBackMs: 5_000, reservedPriorities: [] },
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
      return plant;
    },
    onFact: (fact) => {
      oracle?.see(fact);
      if (fact.kind === "command" || fact.kind === "operator") journal.push(fact);
    },
  });

  for (let sent = 0; sent < perRun && found.length === 0;) {
    const burst = between(random, 1, 12);
    for (let i = 0; i < burst && sent < perRun; i++, sent++) {
      const command = anyCommand(random, `s${seed}-${sent}`, rig.time.now());
      rig.control.desk.submit(command, sim);
      asked.add(command.id);
    }
    if (random() < 0.05) rig.control.recipes.apply(anyRecipe(random, `r${seed}-${sent}`), sim);
    for (const { command } of rig.control.desk.held()) if (random() < 0.3) rig.control.desk.release(command.id, second);
    if (random() < 0.2) rig.control.desk.cancel(pick(random, [...asked].slice(-5)), sim);
    plant.isLinkUp = random() > 0.03;
    for (let i = 0; i < 6; i++) plant.poll(pick(random, points).id);
    for (let i = 0; i < 15; i++) plant.push(pick(random, points).id);
    await rig.advance(between(random, 5, 400));
    rig.facts.length = 0;
    if (random() < 0.005) plant.restart();
    if (random() < 0.01) {
      oracle.checkSlots();
      const dead = rig;
      // Some stay down long enough for overrides to run out meanwhile.
      await dead.control.close();
      if (random() < 0.5) await dead.advance(between(random, 100, 10_000));
      oracle.started(dead.time.now());
      rig = await dead.restart();
    }
    const longAgo = rig.time.now() - 60_000_000;
    plant.forgetBefore(longAgo);
    oracle.forgetBefore(longAgo);
  }
  plant.isLinkUp = true;
  await rig.advance(400_000);
  if (found.length === 0) oracle.finish();
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
    const sum: Sum = { ends: new Set(), seen: new Map(), asked: 0 };
    const seeds = new Set([...kept, ...Array.from({ length: wanted / perRun }, (_, index) => firstSeed + index)]);
    for (const seed of seeds) await run(seed, sum);
    expect(sum.asked).toBeGreaterThan(wanted * 0.95);
    expect([...sum.seen.keys()].sort()).toEqual([...faults].sort());
    expect([...sum.ends].sort()).toEqual(["cancelled", "confirmed", "expired", "failed", "masked", "mismatch", "rejected", "unknown"]);
  },
  isSoak ? 1_200_000 : 110_000,
);
