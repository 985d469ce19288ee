import { defineConfig } from "vitest/config";

// Four projects so that a person can run one of them: unit is fast and beside the code; the others cross folders.
const beside = ["src", "adapters", "msgs", "db", "replay", "dashboard", "demo"].map((folder) => `${folder}/**/*.test.{ts,tsx}`);

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "unit", include: beside } },
      { extends: true, test: { name: "tidy", include: ["test/tidy/**/*.test.ts"] } },
      { extends: true, test: { name: "contract", include: ["test/contract/**/*.test.ts"] } },
      { extends: true, test: { name: "sim", include: ["test/sim/**/*.test.ts", "test/golden/**/*.test.ts"], testTimeout: 120_000 } },
      { extends: true, test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
      { extends: true, test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});
