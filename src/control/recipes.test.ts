import { describe, expect, test } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import type { DeviceAct } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { anna, bela, Rig, slotsPoint } from "#test/sim/control-rig.ts";
import type { Recipe } from "./recipe-book.ts";

const points = ["north/a", "north/b", "north/c"].map((id) => slotsPoint(id, { default: 0, limits: { max: 100 } }));
const steps = [
  { point: "north/a", value: 10 },
  { point: "north/b", value: 20 },
  { point: "north/c", value: 30 },
];
const recipe: Recipe = { id: "r", steps, order: "one-by-one", priority: 8, reason: "start up" };

function told(rig: Rig) {
  return rig.facts.flatMap((fact) =>
    fact.kind === "operator" && fact.act.startsWith("recipe.") ? [{ act: fact.act, data: fact.data }] : [],
  );
}

async function opened() {
  const rig = await Rig.open({ points });
  for (const { id } of points) rig.values.set(id, 0);
  return rig;
}

describe("a recipe", () => {
  test("writes one after the other, each verified before the next, and ends once", async () => {
    const rig = await opened();
    expect(rig.control.recipes.apply(recipe, anna)).toEqual({ status: "success", commandId: "r" });
    expect(rig.control.recipes.apply(recipe, anna)).toEqual({ status: "success", commandId: "r" });
    await rig.advance(1_000);
    expect(told(rig).map(({ act }) => act)).toEqual(["recipe.requested", "recipe.confirmed"]);
    const order = rig.facts.flatMap((fact) => (fact.kind === "command" ? [`${fact.step.command.id} ${fact.step.state}`] : []));
    expect(order.indexOf("r.1 confirmed")).toBeLessThan(order.indexOf("r.2 recorded"));
    expect([...rig.values.values()]).toEqual([10, 20, 30]);
    expect(rig.control.recipes.find("r")).toMatchObject({ state: "confirmed" });
  });

  test("of which a gate refuses one member sends nothing at all", async () => {
    const rig = await opened();
    const verdict = rig.control.recipes.apply({ ...recipe, steps: [...steps.slice(0, 2), { point: "north/c", value: 300 }] }, anna);
    expect(verdict).toMatchObject({ status: "rejected", code: "out-of-range", message: expect.stringContaining("step 3") as string });
    await rig.advance(1_000);
    expect(rig.acts).toEqual([]);
    expect(told(rig).map(({ act }) => act)).toEqual(["recipe.rejected"]);
  });

  test("puts back what it wrote, verified, when a member does not come true", async () => {
    const rig = await opened();
    rig.set("north/a", 7, { reason: "before" });
    await rig.advance(1_000);
    rig.onAct = (act) => {
      if (act.do !== "set") return;
      if (act.binding.point === "north/c") throw new GatewayError("device-refused", "exception 3", { sent: true });
      rig.values.set(act.binding.point, act.value);
    };
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({
      act: "recipe.failed",
      data: { message: expect.stringContaining("everything is back") as string },
    });
    expect(Object.fromEntries(rig.values)).toEqual({ "north/a": 7, "north/b": 0, "north/c": 0 });
    expect(rig.control.overrides.list()).toMatchObject([{ point: "north/a", value: 7, reason: "before" }]);
  });

  test("puts back what a slot held when its member took it, not when the recipe was asked for", async () => {
    const rig = await opened();
    rig.onAct = (act) => {
      if (act.do !== "set") return;
      if (act.binding.point === "north/b") throw new GatewayError("device-refused", "exception 3", { sent: true });
      rig.values.set(act.binding.point, act.value);
    };
    rig.set("north/a", 7, { reason: "on its way" });
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed" });
    expect(rig.values.get("north/a")).toBe(7);
    expect(rig.control.overrides.list()).toMatchObject([{ point: "north/a", value: 7, reason: "on its way" }]);
  });

  test("puts back how long an override lives, also when it wrote the value that stood there already", async () => {
    const rig = await opened();
    rig.set("north/a", 10, { ttlMs: 60_000 });
    await rig.advance(1_000);
    const { until } = rig.control.overrides.list()[0]!;
    rig.onAct = (act) => {
      if (act.do === "set" && act.binding.point === "north/b") throw new GatewayError("device-refused", "exception 3", { sent: true });
    };
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed" });
    expect(Math.abs(rig.control.overrides.list()[0]!.until! - until!)).toBeLessThan(10_000);
  });

  test("that cannot put everything back says what stands", async () => {
    const rig = await opened();
    let writes = 0;
    rig.onAct = (act) => {
      if (act.do !== "set" || ++writes >= 2) throw new GatewayError("device-refused", "exception 3", { sent: true });
      rig.values.set(act.binding.point, act.value);
    };
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({
      act: "recipe.incomplete",
      data: { message: expect.stringContaining("could not be put back: north/a") as string },
    });
  });

  test("does not undo what somebody else has set since", async () => {
    const rig = await opened();
    rig.onAct = async (act) => {
      if (act.do !== "set") return;
      if (act.binding.point === "north/b") {
        await rig.time.sleep(1_000);
        throw new GatewayError("device-refused", "exception 3", { sent: true });
      }
      rig.values.set(act.binding.point, act.value);
    };
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(500);
    const hand = rig.set("north/a", 70);
    await rig.advance(4_000);
    expect(rig.end(hand.commandId)?.state).toBe("confirmed");
    expect(rig.values.get("north/a")).toBe(70);
    expect(told(rig).at(-1)).toMatchObject({
      act: "recipe.incomplete",
      data: { message: expect.stringContaining("could not be put back: north/a (anna has set it since)") as string },
    });
  });

  describe("of which a member fails late", () => {
    const slowly = (rig: Rig, refused: string) => async (act: DeviceAct) => {
      if (act.do !== "set") return;
      if (act.binding.point === refused) {
        await rig.time.sleep(2_000);
        throw new GatewayError("device-refused", "exception 3", { sent: true });
      }
      rig.values.set(act.binding.point, act.value);
    };
    const givingBack: Recipe = { ...recipe, steps: [{ point: "north/a", release: true }, ...steps.slice(1)] };

    test("does not fill a slot again that somebody else has given back since", async () => {
      const rig = await opened();
      rig.set("north/a", 7, { reason: "before" });
      await rig.advance(1_000);
      rig.onAct = slowly(rig, "north/b");
      rig.control.recipes.apply(recipe, anna);
      await rig.advance(500);
      const hand = rig.release("north/a");
      await rig.advance(5_000);
      expect(rig.end(hand.commandId)?.state).toBe("confirmed");
      expect(rig.control.overrides.list()).toEqual([]);
      expect(rig.values.get("north/a")).toBe(0);
      expect(told(rig).at(-1)).toMatchObject({
        act: "recipe.incomplete",
        data: { message: expect.stringContaining("could not be put back: north/a (anna has given it back since)") as string },
      });
    });

    test("fills a slot again that its own member gave back", async () => {
      const rig = await opened();
      rig.set("north/a", 7, { reason: "before" });
      await rig.advance(1_000);
      rig.onAct = slowly(rig, "north/b");
      rig.control.recipes.apply(givingBack, anna);
      await rig.advance(5_000);
      expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed" });
      expect(rig.control.overrides.list()).toMatchObject([{ point: "north/a", value: 7, reason: "before" }]);
    });

    test("leaves a slot that its own member gave back and somebody has used and given back since", async () => {
      const rig = await opened();
      rig.set("north/a", 7, { reason: "before" });
      await rig.advance(1_000);
      rig.onAct = slowly(rig, "north/b");
      rig.control.recipes.apply(givingBack, anna);
      await rig.advance(500);
      rig.set("north/a", 60, {}, bela);
      await rig.advance(500);
      rig.release("north/a", {}, bela);
      await rig.advance(5_000);
      expect(rig.control.overrides.list()).toEqual([]);
      expect(told(rig).at(-1)).toMatchObject({ data: { message: expect.stringContaining("bela has given it back since") as string } });
    });

    test("fills a slot again of which the device would not take another's giving back, and one that ran out by its own time", async () => {
      const rig = await opened();
      rig.set("north/a", 7, { reason: "before" });
      await rig.advance(1_000);
      const slow = slowly(rig, "north/b");
      rig.onAct = (act) => {
        if (act.do === "set" && act.binding.point === "north/a" && act.value === 0)
          throw new GatewayError("busy", "exception 6", { sent: true });
        return slow(act);
      };
      rig.control.recipes.apply(recipe, anna);
      await rig.advance(500);
      const hand = rig.release("north/a");
      await rig.advance(5_000);
      expect(rig.end(hand.commandId)?.state).toBe("failed");
      expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed" });
      rig.onAct = slow;
      rig.control.recipes.apply({ ...recipe, id: "short", ttlMs: 1_000 }, anna);
      await rig.advance(6_000);
      expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed", data: { recipeId: "short" } });
      expect(rig.control.overrides.list()).toMatchObject([{ point: "north/a", value: 7, reason: "before" }]);
    });
  });

  test("may be asked to leave what stands", async () => {
    const rig = await opened();
    rig.onAct = (act) => {
      if (act.do === "set" && act.binding.point === "north/a") rig.values.set("north/a", act.value);
    };
    rig.control.recipes.apply({ ...recipe, compensate: false, order: "together" }, anna);
    await rig.advance(6_000);
    expect(told(rig).at(-1)).toMatchObject({ act: "recipe.incomplete" });
    expect(rig.values.get("north/a")).toBe(10);
  });

  test("in stages writes those of one side by side, and waits for all of them before the next", async () => {
    const rig = await opened();
    const answers = new Map<string, () => void>();
    rig.onAct = (act) =>
      new Promise<void>((resolve) => {
        if (act.do !== "set") return resolve();
        const { point } = act.binding;
        answers.set(point, () => {
          rig.values.set(point, act.value);
          resolve();
        });
      });
    rig.control.recipes.apply({ id: "r", steps, stages: [2, 1], priority: 8, reason: "start up" }, anna);
    await rig.advance(500);
    expect([...answers.keys()].sort()).toEqual(["north/a", "north/b"]);
    answers.get("north/b")!();
    await rig.advance(1_000);
    expect([...answers.keys()]).not.toContain("north/c");
    answers.get("north/a")!();
    await rig.advance(1_000);
    answers.get("north/c")!();
    await rig.advance(1_000);
    expect(told(rig).map(({ act }) => act)).toEqual(["recipe.requested", "recipe.confirmed"]);
    expect(told(rig).at(-1)!.data["members"]).toMatchObject([{ stage: 1 }, { stage: 1 }, { stage: 2, end: "confirmed" }]);
  });

  test("of which a later stage fails puts back every stage before it", async () => {
    const rig = await opened();
    rig.onAct = (act) => {
      if (act.do !== "set") return;
      if (act.binding.point === "north/c") throw new GatewayError("device-refused", "exception 3", { sent: true });
      rig.values.set(act.binding.point, act.value);
    };
    rig.control.recipes.apply({ id: "r", steps, stages: [2, 1], priority: 8, reason: "start up" }, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({ act: "recipe.failed" });
    expect(Object.fromEntries(rig.values)).toEqual({ "north/a": 0, "north/b": 0, "north/c": 0 });
  });

  test("may open in one stage the interlock that the next one needs open", async () => {
    const dry = { name: "dry", because: "a is too high", blockedWhen: 'target > 0.0 && point("north/a") > 5', onBad: "block" } as const;
    const rig = await Rig.open({ points: [points[0]!, slotsPoint("north/b", { default: 0, interlocks: [dry] })] });
    rig.sample("north/a", 50);
    rig.values.set("north/a", 50);
    const inTwo = [
      { point: "north/a", value: 0 },
      { point: "north/b", value: 20 },
    ];
    expect(rig.control.recipes.apply({ id: "at-once", steps: inTwo, order: "together", priority: 8, reason: "x" }, anna)).toMatchObject({
      code: "interlock",
    });
    rig.control.recipes.apply({ id: "staged", steps: inTwo, stages: [1, 1], priority: 8, reason: "x" }, anna);
    await rig.advance(3_000);
    expect(told(rig).at(-1)).toMatchObject({ act: "recipe.confirmed" });
  });

  test("that the gateway did not survive ends unknown and is not taken up again", async () => {
    const rig = await opened();
    rig.onAct = () => new Promise(() => {});
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(100);
    const next = await rig.restart();
    await next.advance(1_000);
    expect(told(next).map(({ act }) => act)).toEqual(["recipe.unknown"]);
    expect(next.acts).toEqual([]);
  });

  test("is known after a restart too, and its end is told again only where the journal missed it", async () => {
    const journal: Fact[] = [];
    const rig = await Rig.open({ points, journal });
    rig.control.recipes.apply(recipe, anna);
    await rig.advance(1_000);
    journal.push(...rig.facts.filter((fact) => fact.kind !== "operator"));
    const missed = await rig.restart();
    expect(told(missed).map(({ act }) => act)).toEqual(["recipe.confirmed"]);
    expect(missed.control.recipes.find("r")).toMatchObject({ state: "confirmed" });
    expect(missed.control.recipes.apply(recipe, anna)).toEqual({ status: "success", commandId: "r" });
    expect(missed.control.recipes.apply({ ...recipe, priority: 7 }, anna)).toMatchObject({ code: "id-reused" });
    await missed.advance(1_000);
    expect(missed.acts).toEqual([]);
    journal.push(...rig.facts);
    expect(told(await missed.restart())).toEqual([]);
  });
});
