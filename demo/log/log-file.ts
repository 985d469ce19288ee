import { appendFileSync } from "node:fs";
import type { LogSink } from "./device-log.ts";

/** Characters gathered before they are written in one go. */
const flushLength = 64 * 1024;

export interface LogFile {
  readonly sink: LogSink;
  /** Writes what was gathered; called every tick, and at the end. */
  flush(): void;
}

/** All devices' entries as JSON lines in one file, each with its device. */
export function openLogFile(path: string): LogFile {
  let gathered = "";
  const flush = (): void => {
    if (gathered === "") return;
    appendFileSync(path, gathered);
    gathered = "";
  };
  return {
    sink(device, entry) {
      gathered += `${JSON.stringify({ device, ...entry })}\n`;
      if (gathered.length > flushLength) flush();
    },
    flush,
  };
}
