import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { TSchema } from "#msgs/schema/type.ts";
import { deviceSchema, linkSchema } from "#adapters/modbus/config.ts";
import { serverSchema } from "#adapters/modbus/server/config.ts";
import { deviceSchema as ros2Device, linkSchema as ros2Link } from "#adapters/ros2/config.ts";
import { deviceSchema as mqttDevice, linkSchema as mqttLink } from "#adapters/mqtt/config.ts";
import { deviceSchema as templateDevice, linkSchema as templateLink } from "#adapters/template/index.ts";
import { optionsTable, withTable } from "./options-table.ts";

const exposedPoint = (serverSchema.properties.points as unknown as { items: TSchema }).items;
const readmes: readonly (readonly [string, Readonly<Record<string, TSchema>>])[] = [
  ["adapters/modbus/README.md", { link: linkSchema, device: deviceSchema, server: serverSchema, exposed: exposedPoint }],
  ["adapters/ros2/README.md", { link: ros2Link, device: ros2Device }],
  ["adapters/mqtt/README.md", { link: mqttLink, device: mqttDevice }],
  ["adapters/template/README.md", { link: templateLink, device: templateDevice }],
];

describe("the options in a README are those of the schema", () => {
  for (const [file, schemas] of readmes) {
    it(`${file}; PLAINVIEW_WRITE=1 writes them`, () => {
      const text = readFileSync(file, "utf8");
      const written = Object.entries(schemas).reduce((so, [name, schema]) => {
        const next = withTable(so, name, optionsTable(schema));
        expect(next, `markers for ${name}`).toBeDefined();
        return next!;
      }, text);
      if (process.env["PLAINVIEW_WRITE"] === "1") writeFileSync(file, written);
      expect(readFileSync(file, "utf8") === written, "run with PLAINVIEW_WRITE=1").toBe(true);
    });
  }
});
