import { Command } from "commander";
import { expect, it } from "vitest";
import { shapeOptions } from "#src/config/index.ts";
import { protocols } from "#src/protocols.ts";
import type { Context } from "../context.ts";
import { parseSetting } from "../setting.ts";
import { addDiscover } from "./discover.ts";

it("what the help of discover shows as examples is what the protocols take", () => {
  const program = new Command();
  addDiscover(program, {} as Context);
  let help = "";
  program.commands[0]!.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
  const examples = [...help.matchAll(/^ {2}plainview discover (\S+) (.*)$/gm)].map(([, protocol, rest]) => ({ protocol, rest: rest! }));
  expect(examples.map(({ protocol }) => protocol)).toEqual(expect.arrayContaining(["modbus", "mqtt", "bacnet", "ros2"]));
  for (const { protocol, rest } of examples) {
    const module = protocols.find((one) => one.protocol === protocol)!;
    const settings = [...rest.matchAll(/([a-zA-Z]+=(?:'[^']*'|\S+))/g)].map(([, one]) => parseSetting(one!.replaceAll("'", "")));
    const shaped = shapeOptions(module.link, Object.fromEntries(settings));
    if (!rest.includes("--file")) expect("problems" in shaped ? shaped.problems : [], rest).toEqual([]);
  }
});
