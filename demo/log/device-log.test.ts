import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DeviceLog } from "./device-log.ts";
import { openLogFile } from "./log-file.ts";

function told(value: number) {
  return { point: "v-101/command", value, held: value, outcome: "applied", by: "modbus" } as const;
}

describe("the log of a device", () => {
  it("keeps reads and orders in one sequence and pages through them", () => {
    const log = new DeviceLog("v-101", () => 5, null);
    for (let round = 1; round <= 10; round++) {
      log.read(round, "input", 2, 1, Buffer.from([0, round]), 0, 2);
      log.wasTold(told(round));
    }
    const all = log.entries();
    expect(all.map((entry) => entry.index)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(all[2]).toEqual({ kind: "read", index: 3, at: 5, sequence: 2, table: "input", start: 2, quantity: 1, hex: "0002" });
    const pages = [log.entries(0, 7), log.entries(8, 7), log.entries(15, 7)].flat();
    expect(pages).toEqual(all);
  });

  it("forgets the oldest, counts everything, and says how much it forgot", () => {
    const log = new DeviceLog("pipe", () => 0, null, { reads: 100, others: 50 });
    for (let round = 1; round <= 1000; round++) {
      log.read(round, "input", 0, 1, Buffer.from([round >> 8, round & 255]), 0, 2);
      log.wasTold(told(round));
    }
    const kept = log.entries(0, 100_000);
    const reads = kept.filter((entry) => entry.kind === "read");
    expect(reads).toHaveLength(100);
    expect(reads.map((entry) => entry.sequence)).toEqual(Array.from({ length: 100 }, (_, index) => 901 + index));
    expect(reads.at(-1)?.hex).toBe((1000).toString(16).padStart(4, "0"));
    const counters = log.counters();
    expect(counters).toMatchObject({ handedOver: 1000, told: 1000, nextIndex: 2001 });
    expect(counters.forgotten).toBe(2000 - kept.length);
    expect(kept.length).toBeLessThanOrEqual(100 + 75);
  });

  it("writes every entry to the file, also those it forgets", () => {
    const folder = mkdtempSync(join(tmpdir(), "demo-log-"));
    try {
      const file = openLogFile(join(folder, "log.jsonl"));
      const log = new DeviceLog("pipe", () => 1, file.sink, { reads: 5, others: 5 });
      for (let round = 1; round <= 2000; round++) log.read(round, "input", 0, 1, Buffer.from([1, 2]), 0, 2);
      log.published(2001, "plant/x", "{}");
      log.delivered("gateway", "plant/x", "{}");
      file.flush();
      const lines = readFileSync(join(folder, "log.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toHaveLength(2002);
      expect(lines[0]).toEqual({
        device: "pipe",
        kind: "read",
        index: 1,
        at: 1,
        sequence: 1,
        table: "input",
        start: 0,
        quantity: 1,
        hex: "0102",
      });
      expect(lines.at(-1)).toMatchObject({ kind: "delivered", client: "gateway" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
