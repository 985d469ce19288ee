import { expect, test } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import { isEnd } from "#msgs/command.ts";
import { MemoryRecord } from "#src/control/memory-record.ts";
import type { RecordWrite } from "#src/control/record.ts";
import type { Scenario } from "./control-scenarios.ts";
import { Oracle } from "./control-oracle.ts";
import { arrayOf, paperSlots } from "./control-paper.ts";
import { UnrulyPlant } from "./control-plant.ts";
import { Rig } from "./control-rig.ts";
import { crashPoints, scenarios } from "./control-scenarios.ts";

/** At which commit since its start the gateway is killed, and whether that commit still gets through; then nobody is told of it. */
interface Kill {
  readonly commit: number;
  readonly isDurable: boolean;
}

/** A record whose process can be killed in the middle of a commit. */
class MortalRecord extends MemoryRecord {
  isDead = false;

  override write(group: readonly RecordWrite[], done: (durable: boolean) => void): void {
    super.write(group, (durable) => {
      if (!this.isDead) done(durable);
    });
  }
}

/** The gateway that takes up what the first one left is killed too, at each of its first commits. */
const secondKills = process.env["PLAINVIEW_SOAK"] === "1" ? 4 : 0;

/** How many commits the scenario takes, and what was wrong with it. */
interface Outcome {
  readonly commits: number;
  readonly found: readonly string[];
}

/** Runs a scenario, kills the gateway at one commit, starts another, perhaps kills that too, and lets clients go on with the last. */
async function run(scenario: Scenario, ...kills: readonly Kill[]): Promise<Outcome> {
  const left = [...kills];
  const found: string[] = [];
  const journal: Fact[] = [];
  const faults = [...(scenario.faults ?? [])];
  let commits = 0;
  let isKilled = false;
  let rig!: Rig;
  let plant!: UnrulyPlant;
  let oracle!: Oracle;
  const line = {
    asked: (point: string, value: string | number | boolean, askedAt: number) => rig.sample(point, value, { askedAt }),
    pushed: () => {},
  };
  rig = await Rig.open({
    points: crashPoints,
    journal,
    config: { writeTimeoutMs: 3_000, askTimeoutMs: 1_000, readBackMs: 3_000, heldMs: 20_000, reservedPriorities: [] },
    recordOn: (tables, time) => {
      const record: MortalRecord = new MortalRecord(tables, (commit) =>
        time.after(2, () => {
          if (record.isDead) return;
          const kill = left[0];
          record.isDead = ++commits === kill?.commit;
          if (!record.isDead || kill!.isDurable) commit();
          isKilled ||= record.isDead;
        }),
      );
      return record;
    },
    devices: ({ time, tables }) => {
      const arrays = new Map([["north/array", 20]]);
      plant ??= new UnrulyPlant({ time, random: () => 0.5, line: () => line, arrays, faultOf: () => faults.shift() ?? "obeys" });
      const points = new Map(crashPoints.map((point) => [point.id, point]));
      oracle ??= new Oracle({ points, plant, tables, tolerance: 0.5, complain: (what) => found.push(what) });
      return plant;
    },
    onFact: (fact) => {
      oracle?.see(fact);
      journal.push(fact);
    },
  });
  const begun = rig.time.now();
  const advanceTo = async (ms: number): Promise<void> => {
    while (rig.time.now() < begun + ms * 1_000) {
      await rig.advance((begun + ms * 1_000 - rig.time.now()) / 1_000, () => isKilled);
      if (!isKilled) continue;
      isKilled = false;
      commits = 0;
      left.shift();
      oracle.checkSlots();
      oracle.started(rig.time.now());
      rig = await rig.restart();
    }
  };
  for (const [at, act] of scenario.acts) {
    await advanceTo(at);
    act(rig.control);
  }
  await advanceTo(60_000);
  oracle.finish();
  for (const { id, state } of rig.tables.commands.values()) {
    if (!isEnd(state)) found.push(`${id} has no end`);
    else if (!oracle.told.get(id)?.end) found.push(`the end of ${id} was told to nobody`);
  }
  const acts = journal.flatMap((fact) => (fact.kind === "operator" ? [fact.act] : []));
  const ends = acts.filter((act) => /^recipe\.(confirmed|failed|incomplete|unknown)$/.test(act));
  if (ends.length > 1 || (acts.includes("recipe.requested") && ends.length === 0)) found.push(`the recipe ended as ${ends.join(" and ")}`);
  if (ends.includes("recipe.failed")) found.push(...leftOfRecipe(rig, oracle));
  await rig.control.close();
  return { commits, found };
}

/** A recipe that is said to be taken back whole has left nothing: the slots are what the other commands made them. */
function leftOfRecipe({ tables }: Rig, { queues }: Oracle): readonly string[] {
  return [...queues].flatMap(([point, queue]) => {
    const without = paperSlots(
      tables,
      queue.filter((id) => !id.startsWith("r.")),
    );
    const kept = arrayOf(tables, point);
    return String(kept) === String(without) ? [] : [`${point} is ${String(kept)} after the recipe was taken back, not ${String(without)}`];
  });
}

test.each(scenarios)("$name: killed at every commit, nothing is said that is not so", async (scenario) => {
  const whole = await run(scenario);
  expect(whole.found).toEqual([]);
  expect(whole.commits).toBeGreaterThan(0);
  const found: string[] = [];
  for (const kill of killsOf(whole.commits)) {
    const ways = [[kill], ...[...killsOf(secondKills)].map((second) => [kill, second])];
    for (const kills of ways) {
      const outcome = await run(scenario, ...kills);
      found.push(...outcome.found.map((what) => `killed at ${JSON.stringify(kills)} of ${whole.commits}: ${what}`));
    }
  }
  expect(found).toEqual([]);
});

function* killsOf(commits: number): Generator<Kill> {
  for (let commit = 1; commit <= commits; commit++) for (const isDurable of [false, true]) yield { commit, isDurable };
}
