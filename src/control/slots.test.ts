import { expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { between, pick, seededRandom } from "#src/kit/random.ts";
import type { Plan } from "./plan.ts";
import { planOf } from "./plan.ts";
import { SlotTable } from "./slot-table.ts";
import type { RecordWrite, SlotRow } from "./record.ts";
import { effective, emptySlots, isSameValue, mirrored, withSlot } from "./slots.ts";
import { slotsPoint } from "#test/sim/control-rig.ts";

const isSoak = process.env["PLAINVIEW_SOAK"] === "1";
const operations = isSoak ? 1_200_000 : 100_000;
const seed = Number(process.env["PLAINVIEW_SEED"] ?? 20_261_121);

/** The reference: sixteen cells and a default, as a person would do it on paper. */
class Paper {
  readonly cells: (Value | null)[] = Array.from({ length: 16 }, () => null);
  readonly fallback: Value | "leave";

  constructor(fallback: Value | "leave") {
    this.fallback = fallback;
  }

  shows(): Value | "leave" {
    for (const cell of this.cells) if (cell !== null) return cell;
    return this.fallback;
  }
}

test(`${operations} random sets and releases, with restarts in between, agree with paper`, () => {
  const random = seededRandom(seed);
  const points = Array.from({ length: 12 }, (_, index) => ({ id: `p-${index}`, paper: new Paper(index % 3 === 0 ? "leave" : index) }));
  const durable = new Map<string, SlotRow>();
  let table = new SlotTable([]);
  /** What the device was last told; a device that is told nothing keeps what it has. */
  const device = new Map<string, Value>();

  const keep = (writes: readonly RecordWrite[]) => {
    for (const write of writes) {
      if (write.put !== "slot") continue;
      const key = `${write.row.point} ${write.row.priority}`;
      if (write.row.slot) durable.set(key, write.row);
      else durable.delete(key);
    }
  };

  for (let n = 0; n < operations; n++) {
    const { id, paper } = pick(random, points);
    const priority = between(random, 1, 16);
    const control = slotsPoint(id, { default: paper.fallback }).control!;
    const before = paper.shows();
    const held = paper.cells[priority - 1] !== null;
    const wasHolder = held && paper.cells.findIndex((cell) => cell !== null) === priority - 1;
    const isSet = random() < 0.6;
    const value = between(random, 0, 5);
    const act = isSet ? ({ do: "set", point: id, value } as const) : ({ do: "release", point: id } as const);
    const plan = planOf({ id: "c", act, priority, asked: "t" }, control, table.of(id), false);
    keep([table.change(id, priority, isSet ? { value, by: "t", since: n } : undefined)]);
    paper.cells[priority - 1] = isSet ? value : null;
    const after = paper.shows();

    if (plan.do === "write") device.set(id, plan.value);
    const holder = paper.cells.findIndex((cell) => cell !== null) + 1;
    const now = effective(table.of(id), paper.fallback);
    const isRight =
      (now === "leave" ? "leave" : now.value) === after &&
      (isSet ? isRightSet(plan, value, priority, holder, paper) : plan.do === (wasHolder && after !== "leave" ? "write" : "look")) &&
      // Whatever is told to the device is what paper says holds; where nothing is told, nothing changed or it is left alone.
      (after === "leave" || (after === before && plan.do !== "write") || device.get(id) === after);
    if (!isRight) throw new Error(`operation ${n} of seed ${seed} on ${id}: ${JSON.stringify({ act, priority, plan, now, after })}`);
    if (random() < 0.001) table = new SlotTable([...durable.values()]);
  }
  expect(device.size).toBe(points.length);
}, 120_000);

/** A set beneath somebody is masked by them; any other is written as it is. */
function isRightSet(plan: Plan, value: Value, priority: number, holder: number, paper: Paper): boolean {
  if (holder === priority) return plan.do === "write" && plan.value === value && plan.priority === priority && plan.target === value;
  return plan.do === "mask" && plan.heldBy.priority === holder && plan.heldBy.value === paper.cells[holder - 1] && holder < priority;
}

test("a device's own array is mirrored: ours keep their owner, others' are the device's, empty is empty", () => {
  const ours = { value: 20, command: "c-1", by: "anna", since: 1, until: 99 };
  const known = withSlot(withSlot(emptySlots, 8, ours), 10, { value: 3, command: "c-2", by: "bela", since: 2 });
  const shown = Array.from({ length: 16 }, (_, index) => (index === 7 ? Math.fround(20) : index === 4 ? 1 : null));
  const mirror = mirrored(known, shown, 50);
  expect(mirror[7]).toBe(ours);
  expect(mirror[4]).toEqual({ value: 1, by: "device", since: 50 });
  expect(mirror[9]).toBeUndefined();
  expect(isSameValue(true, 1)).toBe(true);
  expect(isSameValue(0.1, Math.fround(0.1))).toBe(true);
  expect(isSameValue("1", 2)).toBe(false);
});
