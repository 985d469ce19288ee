import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { openCollections, processMetrics } from "./process-metrics.ts";

const valueOf = (name: string) => processMetrics().find((family) => family.name === `plainview_${name}`)?.samples[0]?.value ?? NaN;

describe("what the process says of itself", () => {
  it("memory, processor time and its start, in the units of the names", () => {
    expect(valueOf("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(valueOf("process_cpu_seconds_total")).toBeGreaterThan(0.01);
    expect(valueOf("process_cpu_seconds_total")).toBeLessThan(100_000);
    expect(valueOf("process_start_time_seconds")).toBeGreaterThan(1_600_000_000);
    expect(valueOf("nodejs_heap_size_used_bytes")).toBeLessThanOrEqual(valueOf("nodejs_heap_size_total_bytes"));
  });

  it("on Linux also files and the address space", () => {
    const isTold = process.platform === "linux";
    expect(valueOf("process_open_fds") > 2).toBe(isTold);
    expect(valueOf("process_virtual_memory_bytes") > valueOf("process_resident_memory_bytes")).toBe(isTold);
  });

  it("no name comes twice", () => {
    const names = processMetrics().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("collections of garbage are counted by kind from when it is opened", async () => {
    const collections = openCollections();
    const major = () =>
      collections.family().samples.find(({ suffix, labels }) => suffix === "_count" && labels?.["kind"] === "major")?.value ?? NaN;
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
    await expect.poll(major).toBeGreaterThan(0);
    collections.close();
  });
});
