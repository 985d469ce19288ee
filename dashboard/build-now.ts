import { fileURLToPath } from "node:url";
import { build } from "vite";

// A program of its own: a bundler takes a hundred megabytes, and a gateway that has built its screen would keep them for good.
await build({ configFile: fileURLToPath(new URL("./vite.config.ts", import.meta.url)), mode: "production", logLevel: "warn" });
