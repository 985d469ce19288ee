import { defineConfig } from "drizzle-kit";

// `npx drizzle-kit migrate` applies the same files as the gateway does at its start, and keeps the same ledger.
export default defineConfig({
  dialect: "postgresql",
  schema: "./db/schema/index.ts",
  out: "./db/migrations",
  dbCredentials: { url: process.env.DATABASE_URL ?? "postgresql://plainview@127.0.0.1:5432/plainview" },
});
