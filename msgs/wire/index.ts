export * from "./client-frames.ts";
export * from "./event-names.ts";
export * from "./frame-types.ts";
export * from "./http.ts";
export * from "./server-frames.ts";
export * from "./values.ts";
