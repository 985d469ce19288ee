import { createRequire } from "node:module";
import type * as cel from "@marcbachmann/cel-js";
import type { LatestValue, LatestValues } from "#src/contract/gateway.ts";
import type { Interlock, Point, PointId, PointKind, Value } from "#msgs/point.ts";
import { isGood, quality, qualityWord } from "#msgs/quality.ts";
import { messageOf } from "#src/kit/errors.ts";

/** A condition that passed the check: what it reads, and how to ask it. */
export interface CompiledInterlock {
  readonly interlock: Interlock;
  readonly inputs: readonly PointId[];
  /** Whether the door is closed for this target value; throws what CEL throws. */
  isBlocked(target: Value, read: (point: PointId) => Value): boolean;
}

export type Compiled = { readonly ok: true; readonly compiled: CompiledInterlock } | { readonly ok: false; readonly message: string };

/** `allowed` are inputs that were bad and passed over because the site says so; they go into the record. */
export type InterlockAnswer =
  { readonly open: true; readonly allowed: readonly string[] } | { readonly open: false; readonly message: string };

const load = createRequire(import.meta.url);

const celTypes: Readonly<Record<PointKind, string>> = { number: "double", boolean: "bool", text: "string", state: "int" };

/**
 * Checks a condition against the points. Points stand in it as `point("north/p-1/running")`, the value about to be written as
 * `target`. A number is a `double`, a state an `int`, a boolean a `bool`, text a `string`.
 */
export function compileInterlock(interlock: Interlock, kindOf: (point: PointId) => PointKind | undefined, target: PointKind): Compiled {
  const { text, names } = named(interlock.blockedWhen);
  // Loaded by the first interlock, in the same breath: a site without one does not hold the language in memory.
  const { Environment } = load("@marcbachmann/cel-js") as typeof cel;
  const environment = withMixedNumbers(new Environment({ limits: { maxAstNodes: 1_000, maxDepth: 50 } }));
  environment.registerVariable("target", celTypes[target]);
  for (const [point, name] of names) {
    const kind = kindOf(point);
    if (!kind) return { ok: false, message: `interlock ${interlock.name}: there is no point "${point}"` };
    environment.registerVariable(name, celTypes[kind]);
  }
  try {
    const checked = environment.check(text);
    if (!checked.valid) throw checked.error;
    if (checked.type !== "bool") throw new Error(`it must be true or false, and it is ${checked.type}`);
    const evaluate = environment.parse(text);
    return {
      ok: true,
      compiled: {
        interlock,
        inputs: [...names.keys()],
        isBlocked(value, read) {
          const context: Record<string, unknown> = { target: celValue(value, target) };
          for (const [point, name] of names) context[name] = celValue(read(point), kindOf(point)!);
          return evaluate(context) === true;
        },
      },
    };
  } catch (error) {
    return { ok: false, message: `interlock ${interlock.name}: ${firstLine(messageOf(error))} in ${interlock.blockedWhen}` };
  }
}

/** Asks one interlock. An input that is bad, stale, missing, or a condition that errs, closes the door unless the site says otherwise. */
export function askInterlock(compiled: CompiledInterlock, point: Point, target: Value, latest: LatestValues): InterlockAnswer {
  const { interlock, inputs } = compiled;
  const unusable = inputs.map((input) => whyUnusable(input, latest.get(input))).filter((why) => why !== undefined);
  if (unusable.length > 0) {
    const passed = `${unusable.join(", ")} (interlock ${interlock.name})`;
    return interlock.onBad === "allow"
      ? { open: true, allowed: [passed] }
      : { open: false, message: `${point.id} cannot be commanded: ${passed}` };
  }
  try {
    if (!compiled.isBlocked(target, (input) => latest.get(input)!.value!)) return { open: true, allowed: [] };
    return { open: false, message: `${point.id} cannot ${verbOf(point, target)}: ${interlock.because} (interlock ${interlock.name})` };
  } catch (error) {
    const message = `interlock ${interlock.name} could not be worked out: ${firstLine(messageOf(error))}`;
    return interlock.onBad === "allow"
      ? { open: true, allowed: [message] }
      : { open: false, message: `${point.id} cannot be commanded: ${message}` };
  }
}

/** Why an input cannot be believed. A doubtful date does not make a value doubtful; anything else that is not good does. */
function whyUnusable(input: PointId, value: LatestValue | undefined): string | undefined {
  if (!value || value.value === null) return `${input} has no value${value ? ` (${qualityWord(value.quality)})` : ""}`;
  if (isGood(value.quality) || value.quality === quality.uncertainTime) return undefined;
  return `${input} is ${qualityWord(value.quality)}`;
}

function verbOf(point: Point, target: Value): string {
  const word = typeof target === "number" ? point.states?.[target] : undefined;
  return `be set to ${word ?? String(target)}`;
}

function celValue(value: Value, kind: PointKind): unknown {
  if (kind === "state") return BigInt(Math.trunc(Number(value)));
  if (kind === "boolean") return Boolean(value);
  return kind === "number" ? Number(value) : String(value);
}

const pointCall = /point\(\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*\)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** Each `point("…")` becomes a name of the same length, so that a position CEL reports is the position in the site file. */
function named(source: string): { text: string; names: ReadonlyMap<PointId, string> } {
  const names = new Map<PointId, string>();
  const text = source.replace(pointCall, (whole, double?: string, single?: string) => {
    const point = double ?? single;
    if (point === undefined) return whole;
    if (!names.has(point)) names.set(point, `p${names.size}_`.padEnd(whole.length, "_"));
    return names.get(point)!;
  });
  return { text, names };
}

/** CEL keeps 5 and 5.0 apart; a person who writes `point("north/flow") == 5` means the number. */
function withMixedNumbers(environment: cel.Environment): cel.Environment {
  for (const sign of ["==", "+", "-", "*", "/"] as const) {
    const result = sign === "==" ? "bool" : "double";
    const work = arithmetic[sign];
    environment.registerOperator(`double ${sign} int: ${result}`, (a: number, b: bigint) => work(a, Number(b)));
    if (sign !== "==") environment.registerOperator(`int ${sign} double: ${result}`, (a: bigint, b: number) => work(Number(a), b));
  }
  return environment;
}

const arithmetic = {
  "==": (a: number, b: number) => a === b,
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
} as const;

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
