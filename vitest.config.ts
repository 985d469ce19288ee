import { defineConfig } from "vitest/config";

// Several projects so that a person can run one of them: unit is fast and beside the code; the others cross folders.
const beside = ["src", "adapters", "msgs", "db", "replay", "dashboard", "demo", "bench"].map((folder) => `${folder}/**/*.test.{ts,tsx}`);
// Full counts take minutes each; how long a test may take says nothing about how fast the program is.
const soak = process.env["PLAINVIEW_SOAK"] !== undefined;
const patience = (ms: number): number => (soak ? 1_200_000 : ms);

const project = (name: string, include: readonly string[], timeoutMs: number) => ({
  extends: true as const,
  test: { name, include: [...include], testTimeout: patience(timeoutMs), hookTimeout: patience(120_000) },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project("unit", beside, 30_000),
      project("tidy", ["test/tidy/**/*.test.ts"], 30_000),
      project("contract", ["test/contract/**/*.test.ts"], 60_000),
      project("sim", ["test/sim/**/*.test.ts", "test/golden/**/*.test.ts"], 120_000),
      project("integration", ["test/integration/**/*.test.ts"], 120_000),
      project("browser", ["test/browser/**/*.test.ts"], 120_000),
    ],
  },
});
