import type { Log } from "#src/kit/log.ts";
import type { ToMain } from "./messages.ts";

/** A log that writes on the main thread. */
export function portLog(say: (message: ToMain) => void, area: string): Log {
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      say({ type: "log", level, area, message, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), area: (name) => portLog(say, `${area}/${name}`) };
}
