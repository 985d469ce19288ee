import type { Command } from "#msgs/command.ts";
import type { Point, PointId, Value } from "#msgs/point.ts";
import type { Control } from "#src/control/open-control.ts";
import type { Fault } from "./control-plant.ts";
import { anna, bela, slotsPoint, startOfWorld } from "./control-rig.ts";

/** What clients do, and when: milliseconds after the start. */
export interface Scenario {
  readonly name: string;
  readonly acts: readonly (readonly [number, (control: Control) => unknown])[];
  /** What the device does to each write, in order; it obeys every other. */
  readonly faults?: readonly Fault[];
}

const a = "north/a";
const b = "north/b";
const c = "north/c";
const evidence = { tolerance: 0.5, withinMs: 1_000, holdMs: 0 };
export const crashPoints: readonly Point[] = [
  slotsPoint(a, { evidence }),
  slotsPoint(b, { evidence, default: 20 }),
  slotsPoint(c, { evidence: { ...evidence, holdMs: 1_000 }, default: 20 }),
  slotsPoint("north/array", { evidence, default: 20 }),
  slotsPoint("north/pulse", { evidence, mode: "momentary" }),
  slotsPoint("north/velocity", { evidence: { ...evidence, holdMs: 1_000 }, mode: "momentary" }),
  slotsPoint("north/critical", { evidence, default: 20, significance: "critical" }),
];

/** A scenario does the same thing to the same slot once. */
function idOf(act: Command["act"], priority: number): string {
  return act.do === "call" ? "call" : `${act.do} ${act.point}@${priority}${act.do === "set" ? `=${String(act.value)}` : ""}`;
}

function submit(control: Control, act: Command["act"], priority: number, more: Partial<Command> = {}): void {
  control.desk.submit({ id: more.id ?? idOf(act, priority), act, priority, reason: "simulated", asked: "point.write", ...more }, anna);
}
const set =
  (point: PointId, value: Value, priority = 8, more: Partial<Command> = {}) =>
  (control: Control) =>
    submit(control, { do: "set", point, value }, priority, more);
const release =
  (point: PointId, priority = 8, more: Partial<Command> = {}) =>
  (control: Control) =>
    submit(control, { do: "release", point }, priority, more);
const releaseHeld = (control: Control) => {
  for (const { command } of control.desk.held()) control.desk.release(command.id, bela);
};
const recipe = (id: string, values: readonly (readonly [PointId, Value])[], order: "one-by-one" | "together") => (control: Control) =>
  control.recipes.apply({ id, priority: 8, order, reason: "batch", steps: values.map(([point, value]) => ({ point, value })) }, anna);

/** Pairs on each sort of point: close together, so that the second finds the first under way, and after it has ended. */
const pairs: readonly Scenario[] = [a, b, c, "north/array"].flatMap((point) =>
  [30, 3_000].flatMap((later) =>
    (["obeys", "slow", "ignores", "refuses", "loses-answer"] as const).flatMap((first) => {
      const name = `${point}, ${later} ms, ${first}:`;
      const faults: readonly Fault[] = [first, "obeys"];
      return [
        {
          name: `${name} set and set`,
          faults,
          acts: [
            [0, set(point, 40)],
            [later, set(point, 60)],
          ],
        },
        {
          name: `${name} set and refused set`,
          faults: [first, "refuses"],
          acts: [
            [0, set(point, 40)],
            [later, set(point, 60)],
          ],
        },
        {
          name: `${name} set and release`,
          faults,
          acts: [
            [0, set(point, 40)],
            [later, release(point)],
          ],
        },
        {
          name: `${name} set at 8, then at 4`,
          faults,
          acts: [
            [0, set(point, 40)],
            [later, set(point, 60, 4)],
          ],
        },
        {
          name: `${name} set at 4, then at 8, then released at 4`,
          faults,
          acts: [
            [0, set(point, 40, 4)],
            [later, set(point, 60)],
            [later + 30, release(point, 4)],
          ],
        },
        {
          name: `${name} set at 16 and 8, released at 8, set at 16`,
          faults: ["obeys", "obeys", first, "obeys"],
          acts: [
            [0, set(point, 40, 16)],
            [1_500, set(point, 60)],
            [4_000, release(point)],
            [4_000 + later, set(point, 70, 16)],
          ],
        },
        {
          name: `${name} released and set beneath`,
          faults,
          acts: [
            [0, set(point, 60, 8)],
            [0, set(point, 40, 16)],
            [2_000, release(point, 16)],
            [2_000 + later, set(point, 50, 16)],
          ],
        },
      ] satisfies Scenario[];
    }),
  ),
);

export const scenarios: readonly Scenario[] = [
  ...pairs,
  {
    name: "two velocities",
    acts: [
      [0, set("north/velocity", 40)],
      [300, set("north/velocity", 60)],
    ],
  },
  {
    name: "an array's slot taken twice",
    acts: [
      [0, set("north/array", 40)],
      [10, set("north/array", 60)],
    ],
    faults: ["slow", "obeys"],
  },
  {
    name: "two pulses",
    acts: [
      [0, set("north/pulse", 40)],
      [30, set("north/pulse", 60)],
    ],
    faults: ["slow", "obeys"],
  },
  {
    name: "three recipe members, the last ignored",
    acts: [
      [0, set(a, 10)],
      [
        1_500,
        recipe(
          "r",
          [
            [a, 40],
            [b, 50],
            [c, 60],
          ],
          "one-by-one",
        ),
      ],
    ],
    faults: ["obeys", "obeys", "obeys", "ignores"],
  },
  {
    name: "three recipe members together, the first refused",
    acts: [
      [
        0,
        recipe(
          "r",
          [
            [a, 40],
            [b, 50],
            [c, 60],
          ],
          "together",
        ),
      ],
    ],
    faults: ["refuses"],
  },
  {
    name: "a recipe on a point that a command is on its way to",
    acts: [
      [0, set(a, 10)],
      [
        1,
        recipe(
          "r",
          [
            [a, 40],
            [b, 50],
          ],
          "one-by-one",
        ),
      ],
    ],
    faults: ["obeys", "obeys", "ignores"],
  },
  {
    name: "a recipe whose member is replaced by a refused command",
    acts: [
      [0, recipe("r", [[a, 40]], "one-by-one")],
      [100, set(a, 60)],
    ],
    faults: ["ignores", "refuses"],
  },
  {
    name: "a recipe whose first slot is given back by somebody else before the second member fails",
    acts: [
      [0, set(a, 10)],
      [
        1_500,
        recipe(
          "r",
          [
            [a, 40],
            [b, 50],
          ],
          "one-by-one",
        ),
      ],
      [1_800, release(a)],
    ],
    faults: ["obeys", "obeys", "ignores"],
  },
  { name: "a recipe of which nobody knows whether a member arrived", acts: [[0, recipe("r", [[a, 40]], "one-by-one")]], faults: ["drops"] },
  { name: "an override runs out", acts: [[0, set(b, 40, 8, { ttlMs: 1_500 })]] },
  {
    name: "an override runs out and its release is refused",
    acts: [[0, set(b, 40, 8, { ttlMs: 1_500 })]],
    faults: ["obeys", "refuses", "busy"],
  },
  ...(["drops", "loses-answer", "late-arrival", "ignores"] as const).flatMap((fault): Scenario[] => [
    {
      name: `an override runs out and its release meets: ${fault}`,
      acts: [[0, set(b, 40, 8, { ttlMs: 1_500 })]],
      faults: ["obeys", fault],
    },
    {
      name: `an array's override runs out and its release meets: ${fault}`,
      acts: [[0, set("north/array", 40, 8, { ttlMs: 1_500 })]],
      faults: ["obeys", fault, fault],
    },
    {
      name: `an override runs out, its release meets: ${fault}, and it is set anew`,
      acts: [
        [0, set(b, 40, 8, { ttlMs: 1_500 })],
        [5_500, set(b, 60, 8, { ttlMs: 4_000 })],
      ],
      faults: ["obeys", fault],
    },
  ]),
  {
    name: "an override runs out over another",
    acts: [
      [0, set(b, 30, 16)],
      [50, set(b, 40, 8, { ttlMs: 1_500 })],
      [1_495, set(b, 45, 8, { ttlMs: 60_000 })],
    ],
  },
  {
    name: "an override is renewed as it runs out",
    acts: [
      [0, set(b, 40, 8, { ttlMs: 1_500 })],
      [1_503, set(b, 40, 8, { ttlMs: 60_000 })],
    ],
  },
  {
    name: "an override is renewed behind a slow write, and runs out meanwhile",
    acts: [
      [0, set(b, 40, 8, { ttlMs: 2_000 })],
      [1_500, set(b, 60, 4)],
      [1_900, release(b, 4)],
      [1_901, set(b, 45, 8, { ttlMs: 60_000 })],
    ],
    faults: ["obeys", "loses-answer"],
  },
  {
    name: "an array's override runs out",
    acts: [
      [0, set("north/array", 40, 8, { ttlMs: 1_500 })],
      [1_000, set("north/array", 30, 16)],
    ],
  },
  {
    name: "a second person",
    acts: [
      [0, set("north/critical", 40)],
      [500, releaseHeld],
    ],
  },
  {
    name: "a second person for two",
    acts: [
      [0, set("north/critical", 40)],
      [0, set("north/critical", 50)],
      [500, releaseHeld],
    ],
  },
  { name: "nobody comes", acts: [[0, set("north/critical", 40)]] },
  {
    name: "taken back",
    acts: [
      [0, set(a, 40, 8, { id: "mine" })],
      [1, (control) => control.desk.cancel("mine", anna)],
    ],
  },
  {
    name: "taken back too late",
    acts: [
      [0, set(a, 40, 8, { id: "mine" })],
      [7, (control) => control.desk.cancel("mine", anna)],
    ],
  },
  {
    name: "taken back while held",
    acts: [
      [0, set("north/critical", 40, 8, { id: "mine" })],
      [50, (control) => control.desk.cancel("mine", anna)],
    ],
  },
  {
    name: "a date passes",
    acts: [
      [0, set(b, 40)],
      [3, (control) => set(b, 60, 8, { expiresAt: startOfWorld + 6_000 })(control)],
    ],
  },
];
