import type { Environment } from "../environment.ts";

/** Real time, and a log that keeps what was said: for tests, benches and peers of tests. */
export function liveEnvironment(said: string[] = []): Environment {
  const say = (level: string) => (message: string, fields?: object) => {
    said.push(`${level}: ${message} ${fields === undefined ? "" : JSON.stringify(fields)}`);
  };
  return {
    wallUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
    monoMs: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    soon: (run) => void setImmediate(run),
    log: { info: say("info"), warn: say("warn"), error: say("error") },
  };
}
