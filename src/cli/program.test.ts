import { describe, expect, it } from "vitest";
import { run } from "./fake-terminal.ts";
import { cliProgram } from "./program.ts";

describe("a command that is loaded by itself", () => {
  it("is the one of that name, each of them", async () => {
    const names = (await cliProgram()).commands.map((command) => command.name());
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const { code, out } = await run([name, "--help"]);
      expect({ code, usage: out.split("\n")[0] }).toEqual({ code: 0, usage: expect.stringContaining(`Usage: plainview ${name} `) });
    }
  });

  it("help and a word that is none know them all", async () => {
    expect((await run(["--help"])).out).toMatch(/start [^]* ledger [^]* completion /);
    expect(await run(["strat"])).toMatchObject({ code: 2, err: expect.stringContaining("Did you mean start?") });
    expect((await run(["constructor"])).code).toBe(2);
  });
});
