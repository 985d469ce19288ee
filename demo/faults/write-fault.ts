import type { ToldEntry } from "../log/entry.ts";
import type { QuantityValue } from "../model/quantity.ts";
import type { FaultBoard } from "./fault-board.ts";

/** What a device makes of a value it was told. */
export interface Verdict {
  outcome: ToldEntry["outcome"];
  /** What to put into the plant; null leaves it as it is. */
  put: QuantityValue | null;
  /** What to put there later: the value it had, or the one it was told. */
  later: { afterMs: number; value: QuantityValue } | null;
}

/** A fault on the point counts before one on its device. */
export function judgeWrite(faults: FaultBoard, device: string, point: string, value: QuantityValue, before: QuantityValue): Verdict {
  const find = (kind: "echo-but-ignore" | "clamp" | "revert" | "late-effect") => faults.find(point, kind) ?? faults.find(device, kind);
  if (find("echo-but-ignore") !== null) return { outcome: "ignored", put: null, later: null };
  const clamp = find("clamp");
  if (clamp !== null && typeof value === "number") {
    const held = Math.min(clamp.settings["high"] ?? value, Math.max(clamp.settings["low"] ?? value, value));
    return { outcome: held === value ? "applied" : "clamped", put: held, later: null };
  }
  const late = find("late-effect");
  if (late !== null) return { outcome: "late", put: null, later: { afterMs: late.settings["afterMs"] ?? 1500, value } };
  const revert = find("revert");
  if (revert !== null) return { outcome: "reverting", put: value, later: { afterMs: revert.settings["afterMs"] ?? 2000, value: before } };
  return { outcome: "applied", put: value, later: null };
}
