import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Binding } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { ModbusMemory } from "#test/contract/peers/modbus-memory.ts";
import { ModbusPeer } from "#test/contract/peers/modbus-peer.ts";
import { modbusAdapter } from "./index.ts";

interface Case {
  readonly story: string;
  readonly device: { readonly unit: number };
  readonly read: readonly { readonly address: string; readonly kind: PointKind }[];
  /** Requests in the order they are sent, and what a device said to them; hex, spaces for the reader. */
  readonly exchanges: readonly { readonly asks: string; readonly answers: string }[];
  readonly readings: readonly (Value | null)[];
  readonly writes: readonly { readonly address: string; readonly kind?: PointKind; readonly value: Value; readonly asks: string }[];
}

const hex = (text: string) => text.replaceAll(" ", "");
const folder = `${import.meta.dirname}/cases`;

/** Says what the case says the device said, and notes what it was asked. */
class Scripted extends ModbusMemory {
  readonly asked: string[] = [];
  private readonly script: ReadonlyMap<string, string>;

  constructor(exchanges: Case["exchanges"]) {
    super();
    this.script = new Map(exchanges.map(({ asks, answers }) => [hex(asks), hex(answers)]));
  }

  override answer(pdu: Buffer): Buffer {
    this.asked.push(pdu.toString("hex"));
    const said = this.script.get(pdu.toString("hex"));
    return said === undefined ? super.answer(pdu) : Buffer.from(said, "hex");
  }
}

describe("golden cases", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const given = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Case;
    it(`${file}: ${given.story}`, async () => {
      const peer = await ModbusPeer.start();
      const scripted = new Scripted(given.exchanges);
      peer.units.set(given.device.unit, scripted);
      const binding = (address: string, kind: PointKind = "number", writable = false): Binding => ({
        point: address,
        device: "d",
        address,
        kind,
        writable,
        pollMs: 1000,
      });
      const bindings = given.read.map(({ address, kind }) => binding(address, kind));
      const writes = given.writes.map(({ address, kind }) => binding(address, kind, true));
      const config = {
        id: "case",
        link: { host: "127.0.0.1", port: peer.port },
        devices: [{ id: "d", options: given.device, bindings: [...bindings, ...writes] }],
      };
      expect(modbusAdapter.check(config)).toEqual([]);
      const connection = await modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
      const readings = await connection.read(bindings, AbortSignal.timeout(5000));
      expect(readings.map(({ raw }) => raw)).toEqual(given.readings);
      expect(scripted.asked).toEqual(given.exchanges.map(({ asks }) => hex(asks)));
      for (const [index, { value, asks }] of given.writes.entries()) {
        await connection.act!({ do: "set", binding: writes[index]!, value, priority: 8 }, AbortSignal.timeout(5000));
        expect(scripted.asked.at(-1)).toBe(hex(asks));
      }
      await connection.close();
      await peer.close();
    });
  }
});
