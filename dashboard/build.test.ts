import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildDashboard } from "./build.ts";

describe("the build", () => {
  it("makes a folder that can be served, and leaves it alone while nothing it is made of has changed", async () => {
    const folder = await buildDashboard({ onlyIfOlder: true });
    const page = join(folder, "index.html");
    const before = (await stat(page)).mtimeMs;
    await buildDashboard({ onlyIfOlder: true });
    expect((await stat(page)).mtimeMs).toBe(before);
  }, 60_000);
});
