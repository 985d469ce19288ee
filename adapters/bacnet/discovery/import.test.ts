import { describe, expect, it } from "vitest";
import { parseAddress } from "../address.ts";
import { engineeringUnits } from "../wire/vocabulary.ts";
import { importCsv } from "./csv.ts";
import { importEde } from "./ede.ts";
import { importFile } from "./import-file.ts";
import { Names, slug } from "./naming.ts";
import { ucumOf, unitOf } from "./units.ts";

const ede = `#EDE;;;
PROJECT_NAME;Hall;;
#keyname;device obj.-instance;object-name;object-type;object-instance;description;present-value-default;min-present-value;max-present-value;settable;supports COV;hi-limit;low-limit;state-text-reference;unit-code;vendor-specific-address;notification-class
AHU1'Zul'Temp;2001;Zulufttemperatur;0;2;"Supply air; after the coil";;-20,5;80;N;Y;;;;62;;
AHU1'Mode;2001;Betriebsart;19;1;Mode;;;;Y;Y;;;3;;;
AHU1'Fan;2001;;4;1;;;;;Y;Y;;;4;;;
VAV'x;nonsense;a;0;1;;;;;;;;;;;;
`;
const stateTexts = "#Reference Number;Text 1;Text 2;Text 3\n3;off;day;night\n4;stopped;running\n";

describe("an EDE list", () => {
  it("becomes devices and points, with its state texts, units and decimals as planners write them", () => {
    const { found, problems } = importEde({ points: ede, stateTexts });
    expect(found.map(({ device, point }) => [device.options["instance"], point?.id])).toEqual([
      [2001, undefined],
      [2001, "zulufttemperatur"],
      [2001, "betriebsart"],
      [2001, "ahu1-fan"],
    ]);
    expect(found[1]!.point).toMatchObject({
      address: "analog-input:2",
      unit: "Cel",
      range: { min: -20.5, max: 80 },
      writable: false,
      title: "Supply air; after the coil",
    });
    expect(found[2]!.point).toMatchObject({ kind: "state", writable: true, states: { 1: "off", 2: "day", 3: "night" } });
    expect(found[3]!.point).toMatchObject({ kind: "boolean", states: { 0: "stopped", 1: "running" } });
    expect(problems).toEqual([{ line: 7, message: "device, object type and object instance must be numbers" }]);
  });

  it("that is none says so", () => {
    expect(importEde({ points: "a;b\n1;2\n" }).problems[0]!.message).toContain("keyname");
  });
});

describe("a CSV table", () => {
  it("is read by its headings, whatever the separator, and tells the lines it cannot take", () => {
    const text = `device,object,address,name,unit,writable,states\r\n7,ai:3,10.0.0.9,"Room ""A"", temp",Cel,no,\r\n7,MSV:2,,mode,,yes,1=off|2=on\r\n8,thing:1,,,,,\r\nx,ai:1,,,,,\r\n`;
    const { found, problems } = importCsv(text);
    expect(found).toMatchObject([
      { device: { id: "bacnet-7", options: { instance: 7, address: "10.0.0.9:47808" } } },
      { point: { id: "room-a-temp", address: "analog-input:3", kind: "number", unit: "Cel", writable: false } },
      { point: { id: "mode", address: "multi-state-value:2", kind: "state", writable: true, states: { 1: "off", 2: "on" } } },
    ]);
    expect(problems.map(({ line }) => line)).toEqual([4, 5]);
  });
});

describe("a file of either kind", () => {
  it("is known by its heading", () => {
    expect(importFile([ede, stateTexts]).found).toHaveLength(4);
    expect(importFile(["device,object\n7,ai:3\n"]).found[1]).toMatchObject({ point: { address: "analog-input:3" } });
    expect(importFile(["nothing of the kind"]).problems).toHaveLength(1);
    expect(importFile([]).problems).toHaveLength(1);
  });
});

describe("names and units", () => {
  it("become ids that are words, each once", () => {
    expect(slug("VAV_3-12 RoomTemp (°C)", "x")).toBe("vav-3-12-room-temp-c");
    expect(slug("***", "fallback")).toBe("fallback");
    const names = new Names();
    expect([names.take("fan"), names.take("fan"), names.take("fan")]).toEqual(["fan", "fan-2", "fan-3"]);
  });

  it("every unit that has a UCUM code finds a unit that means the same", () => {
    for (const name of engineeringUnits.names) {
      const code = ucumOf(engineeringUnits.number(name)!);
      if (code !== undefined) expect(ucumOf(unitOf(code)), name).toBe(code);
    }
    expect(ucumOf(62)).toBe("Cel");
    expect(unitOf(undefined)).toBe(95);
  });

  it("every standard object type is an address", () => {
    for (const address of [
      "analog-input:1",
      "ai:1",
      "200:5/1234;as=real",
      "av:7;cov=0.5",
      "ai:3;log=trend-log-multiple:1[2]",
      "ao:1/priority-array[8]",
    ]) {
      expect("address" in parseAddress(address), address).toBe(true);
    }
  });
});
