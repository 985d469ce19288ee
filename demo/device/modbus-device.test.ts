import { describe, expect, it } from "vitest";
import { answer } from "../modbus/answer.ts";
import { decodeValue } from "../modbus/value.ts";
import { Site } from "../site.ts";
import type { ModbusDevice } from "./modbus-device.ts";

/** A site on a clock of its own, and its devices asked without a network. */
function site(seed = 7) {
  const time = { now: 1_000_000 };
  const made = new Site({ seed, now: () => time.now, sink: null });
  const device = (id: string): ModbusDevice => {
    const found = [...made.modbus.values()].find((candidate) => candidate.id === id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  };
  const pass = (milliseconds: number): void => {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      time.now += 50;
      made.advance(50);
    }
  };
  return { site: made, device, pass };
}

function ask(device: ModbusDevice, pdu: string): Buffer {
  const request = Buffer.from(pdu, "hex");
  const out = Buffer.alloc(260);
  return out.subarray(0, answer(device, request, 0, request.length, out, 0));
}

function word(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/** Asks for a point the way a reader of the map would. */
function read(device: ModbusDevice, name: string): unknown {
  return device.shown(name);
}

describe("a Modbus device of the plant", () => {
  it("shows every quantity where the map says, within the grain of its registers", () => {
    const { site: made } = site();
    for (const device of made.modbus.values()) {
      for (const name of device.points) {
        const quantity = made.plant.quantities.get(name)?.read();
        if (quantity === undefined) continue;
        const shown = read(device, name);
        if (typeof quantity === "number") expect(Math.abs(Number(shown) - quantity), name).toBeLessThan(0.06);
        else expect(shown, name).toBe(quantity);
      }
    }
    expect(read([...made.modbus.values()][0]!, "pipe/model")).toBe("FM-200 demo");
  });

  it("moves its valve when told and shows the way there", () => {
    const { device, pass } = site();
    const valve = device("v-101");
    expect(ask(valve, "0600000000").toString("hex")).toBe("0600000000");
    pass(3000);
    expect(read(valve, "v-101/position")).toBe(50);
    expect(read(valve, "v-101/state")).toBe(3);
    pass(3000);
    expect(read(valve, "v-101/position")).toBe(0);
    expect(valve.log.entries()).toMatchObject([
      { kind: "told", point: "v-101/command", value: 0, held: 0, outcome: "applied", by: "modbus" },
    ]);
  });

  it("refuses what is out of range, not writable, cut in half or not there, changes nothing, and logs it", () => {
    const { device } = site();
    const pumps = device("pump-station");
    expect(ask(device("v-101"), `060000${word(1001)}`).toString("hex")).toBe("8603");
    expect(ask(device("v-101"), "0600010001").toString("hex")).toBe("8602");
    expect(ask(pumps, "0600040000").toString("hex")).toBe("8602");
    expect(ask(pumps, "10000400020400007fc0").toString("hex")).toBe("9003");
    expect(ask(pumps, "0600020001").toString("hex")).toBe("8602");
    expect(ask(pumps, "0500ffff00").toString("hex")).toBe("8502");
    expect(read(pumps, "fc-101/setpoint")).toBe(600);
    expect(pumps.log.counters()).toMatchObject({ told: 3, refused: 3 });
  });

  it("takes a value of two registers in its own word order", () => {
    const { site: made, device } = site();
    // 450.0 is 43e10000; this device wants the low word first.
    expect(ask(device("pump-station"), "10000400020400" + "0043e1").toString("hex")).toBe("1000040002");
    expect(made.plant.shown("fc-101/setpoint")).toBe(450);
  });

  it("changes one switch of a shared register and logs that one only", () => {
    const { site: made, device } = site();
    const tanks = device("tanks");
    expect(ask(tanks, "160000" + "fff7" + "0008").toString("hex")).toBe("160000fff70008");
    expect(made.plant.shown("lc-102/auto")).toBe(true);
    expect(made.plant.shown("lc-101/auto")).toBe(true);
    expect(tanks.log.entries()).toMatchObject([{ point: "lc-102/auto", value: true }]);
  });

  it("refuses long reads and its hole, as the old gauge it is", () => {
    const { device } = site();
    expect(ask(device("tanks"), "0400000015").toString("hex")).toBe("8403");
    expect(ask(device("tanks"), "0400080006").toString("hex")).toBe("8402");
    expect(ask(device("tanks"), "0400140008")).toHaveLength(18);
  });

  it("counts every answer to a read, shows the count in it, and logs just that", () => {
    const { device, pass } = site();
    const pipe = device("pipe");
    const flows: unknown[] = [];
    for (let round = 1; round <= 5; round++) {
      const reply = ask(pipe, "0400000008");
      expect(reply.readUInt32BE(2)).toBe(round);
      flows.push(decodeValue(reply, 6, "f32", "abcd"));
      pass(200);
    }
    const entries = pipe.log.entries();
    expect(entries.map((entry) => (entry.kind === "read" ? entry.sequence : null))).toEqual([1, 2, 3, 4, 5]);
    expect(entries.map((entry) => (entry.kind === "read" ? decodeValue(Buffer.from(entry.hex, "hex"), 4, "f32", "abcd") : null))).toEqual(
      flows,
    );
    expect(new Set(flows).size).toBe(5);
  });

  it("ignores, clamps, takes back or delays what it was told when it is broken that way", () => {
    const { site: made, device, pass } = site();
    const valve = device("v-101");
    const tell = (percent: number): string => ask(valve, `060000${word(percent * 10)}`).toString("hex");
    expect(made.setFault({ target: "v-101/command", kind: "echo-but-ignore" })).toBeNull();
    expect(tell(30)).toBe(`060000${word(300)}`);
    expect(read(valve, "v-101/command")).toBe(100);
    made.setFault({ target: "v-101/command", kind: "echo-but-ignore", on: false });
    made.setFault({ target: "v-101", kind: "clamp", low: 20, high: 80 });
    tell(5);
    expect(read(valve, "v-101/command")).toBe(20);
    made.setFault({ target: "v-101", kind: "clamp", on: false });
    made.setFault({ target: "v-101", kind: "revert" });
    tell(90);
    pass(1900);
    expect(read(valve, "v-101/command")).toBe(90);
    pass(200);
    expect(read(valve, "v-101/command")).toBe(20);
    made.setFault({ target: "v-101", kind: "revert", on: false });
    made.setFault({ target: "v-101", kind: "late-effect", afterMs: 500 });
    tell(70);
    pass(400);
    expect(read(valve, "v-101/command")).toBe(20);
    pass(200);
    expect(read(valve, "v-101/command")).toBe(70);
    expect(valve.log.entries().map((entry) => (entry.kind === "told" ? [entry.outcome, entry.held] : null))).toEqual([
      ["ignored", 100],
      ["clamped", 20],
      ["reverting", 90],
      ["late", 20],
    ]);
  });

  it("says nothing, refuses or spoils when it is off, busy or garbled", () => {
    const { site: made, device } = site();
    const pipe = device("pipe");
    expect(pipe.disturbance()).toBeNull();
    made.setFault({ target: "pipe", kind: "device-off" });
    expect(pipe.disturbance()).toEqual({ drop: true });
    made.setFault({ target: "pipe", kind: "device-off", on: false });
    made.setFault({ target: "pipe", kind: "busy", exception: 5 });
    expect(pipe.disturbance()).toMatchObject({ exception: 5 });
    made.setFault({ target: "pipe", kind: "busy", on: false });
    made.setFault({ target: "pipe", kind: "garbage", share: 1 });
    expect(pipe.disturbance()?.mangle).toBeDefined();
    ask(pipe, "0400000002");
    expect(pipe.log.entries()).toEqual([]);
    made.setFault({ target: "pipe", kind: "garbage", on: false });
    expect(pipe.disturbance()).toBeNull();
  });
});
