import { describe, expect, it } from "vitest";
import { openLog, type LogOptions } from "./log.ts";

function heard(options: Omit<LogOptions, "to">): { lines: string[]; log: ReturnType<typeof openLog> } {
  const lines: string[] = [];
  return { lines, log: openLog({ ...options, to: { write: (line: string) => void lines.push(line) } }) };
}

describe("the log", () => {
  it("writes one JSON object a line with level, area and fields", () => {
    const { lines, log } = heard({ level: "info" });
    log.area("modbus").area("plc-1").warn("no answer", { timeoutMs: 500 });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", area: "modbus.plc-1", msg: "no answer", timeoutMs: 500 });
  });

  it("keeps to the level of the narrowest area that is named", () => {
    const { lines, log } = heard({ level: "warn", areas: { modbus: "debug", "modbus.plc-2": "error" } });
    log.info("hidden");
    log.area("modbus").debug("shown");
    log.area("modbus").area("plc-1").debug("shown too");
    log.area("modbus").area("plc-2").warn("hidden");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["shown", "shown too"]);
  });

  it("never writes secrets, neither by the name of their field nor by what they are", () => {
    const { lines, log } = heard({ level: "debug", secrets: ["hunter2hunter2", 'quo"ted-secret'] });
    log.info("signed in", { user: "ann", password: "open sesame", headers: { authorization: "Bearer x.y.z" } });
    log.error("could not connect to postgres://u:hunter2hunter2@host/db", { cause: 'told quo"ted-secret' });
    const all = lines.join("");
    for (const secret of ["open sesame", "x.y.z", "hunter2hunter2", "ted-secret"]) expect(all).not.toContain(secret);
    expect(all).toContain("ann");
  });

  it("takes other levels and secrets while it runs, in areas that were named before too", () => {
    const { lines, log } = heard({ level: "info" });
    const links = log.area("links");
    links.debug("hidden");
    log.change({ level: "error", areas: { links: "debug" }, secrets: ["new-secret"] });
    links.debug("shown with new-secret");
    log.info("hidden");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["shown with [redacted]"]);
  });

  it("is readable at a terminal", () => {
    const { lines, log } = heard({ level: "info", pretty: true });
    log.area("http").info("listening", { port: 4000 });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}http: listening \{"port":4000\}\n$/);
  });
});
