import type { ToldEntry } from "../log/entry.ts";
import type { QuantityValue } from "../model/quantity.ts";
import type { FaultBoard } from "./fault-board.ts";

/** What a device makes of a value it was told. */
export interface Verdict {
  outcome: ToldEntry["outcome"];
  /** What to put into the plant; null leaves it as it is. */
  put: QuantityValue | null;
  /** Take it back after this long. */
  revertMs: number | null;
}

/** A fault on the point counts before one on its device. */
export function judgeWrite(faults: FaultBoard, device: string, point: string, value: QuantityValue): Verdict {
  const find = (kind: "echo-but-ignore" | "clamp" | "revert") => faults.find(point, kind) ?? faults.find(device, kind);
  if (find("echo-but-ignore") !== null) return { outcome: "ignored", put: null, revertMs: null };
  const clamp = find("clamp");
  if (clamp !== null && typeof value === "number") {
    const held = Math.min(clamp.settings["high"] ?? value, Math.max(clamp.settings["low"] ?? value, value));
    return { outcome: held === value ? "applied" : "clamped", put: held, revertMs: null };
  }
  const revert = find("revert");
  if (revert !== null) return { outcome: "reverting", put: value, revertMs: revert.settings["afterMs"] ?? 2000 };
  return { outcome: "applied", put: value, revertMs: null };
}
