import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { optionsTable, withTable } from "../kit/options-table.ts";
import { deviceSchema, linkSchema } from "./config.ts";
import { serverSchema } from "./server/config.ts";
import { parseAddress, formatAddress } from "./address.ts";

describe("the README", () => {
  it("has the options of the schemas", () => {
    const file = `${import.meta.dirname}/README.md`;
    const text = readFileSync(file, "utf8");
    let next: string | undefined = text;
    for (const [name, schema] of [
      ["link", linkSchema],
      ["device", deviceSchema],
      ["server", serverSchema],
    ] as const) {
      next = withTable(next!, name, optionsTable(schema));
      expect(next, `the markers of ${name}`).toBeDefined();
    }
    if (process.env["PLAINVIEW_WRITE"] === "1") writeFileSync(file, next!);
    expect(readFileSync(file, "utf8"), "run with PLAINVIEW_WRITE=1 to write them").toBe(next);
  });
});

describe("addresses", () => {
  it("come back from their canonical notation", () => {
    for (const text of [
      "ai:3",
      "analog-output:1/priority-array[8]",
      "200:5/1234;as=real",
      "av:7;cov=0.5",
      "av:7;cov=off",
      "ai:3;log=trend-log-multiple:1[2]",
    ]) {
      const first = parseAddress(text);
      if ("problem" in first) throw new Error(first.problem);
      expect(parseAddress(formatAddress(first.address))).toEqual(first);
    }
    expect(parseAddress("AI:3 ")).toEqual({ address: { object: { type: 0, instance: 3 }, property: 85 } });
  });

  it("that are none are told in words", () => {
    for (const [text, word] of [
      ["ai", "write type:instance"],
      ["ai:4194303", "4194302"],
      ["ai:1;cov=much", "increment"],
      ["ai:1;log=x", "trend log"],
      ["9999:1", "object type"],
    ]) {
      expect(parseAddress(text!), text).toMatchObject({ problem: expect.stringContaining(word!) as string });
    }
  });
});
