export * from "./facts.ts";
export * from "./points.ts";
export * from "./reader.ts";
export * from "./samples.ts";
