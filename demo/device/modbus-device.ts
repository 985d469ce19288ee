import type { FaultBoard } from "../faults/fault-board.ts";
import { garbleFrame } from "../faults/garble.ts";
import { PendingWrites } from "../faults/pending-writes.ts";
import { judgeWrite } from "../faults/write-fault.ts";
import type { DeviceLog } from "../log/device-log.ts";
import type { ModbusDeviceMap, ModbusPoint } from "../map/modbus-map.ts";
import type { Quantities, QuantityValue } from "../model/quantity.ts";
import type { Random } from "../model/random.ts";
import { Bank, type TableName } from "../modbus/bank.ts";
import type { Disturbance, ModbusUnit, UnitIdentity } from "../modbus/unit.ts";
import type { Device } from "./device.ts";
import { bankSizeOf, readPoint, writePoint } from "./register-picture.ts";
import { readOrders, type Order } from "./register-orders.ts";

export interface ModbusDeviceParts {
  map: ModbusDeviceMap;
  quantities: Quantities;
  faults: FaultBoard;
  log: DeviceLog;
  random: Random;
  now: () => number;
}

/** A device of the plant behind a Modbus unit id: its tables are repainted from the plant, writes go into the plant. */
export class ModbusDevice implements Device, ModbusUnit {
  readonly id: string;
  readonly area: string;
  readonly protocol = "modbus";
  readonly points: readonly string[];
  readonly log: DeviceLog;
  readonly bank: Bank;
  readonly identity: UnitIdentity;
  readonly maxReadRegisters: number;
  /** The hand-over counter as the next answer will show it, less one. */
  sequence = 0;
  readonly #parts: ModbusDeviceParts;
  readonly #pending = new PendingWrites();
  #faulty = false;
  #garbled = false;

  constructor(parts: ModbusDeviceParts) {
    const { map } = parts;
    this.#parts = parts;
    this.id = map.device;
    this.area = map.area;
    this.points = map.points.map((point) => point.point);
    this.log = parts.log;
    this.bank = new Bank(bankSizeOf(map.points), map.holes);
    this.identity = { vendor: "Plainview demo works", product: map.product, revision: "1.0" };
    this.maxReadRegisters = map.maxReadRegisters ?? 125;
    parts.faults.watch(() => (this.#faulty = parts.faults.touches(this.id)));
    this.#paint();
  }

  step(now: number): void {
    this.#pending.step(now);
    this.#paint();
  }

  disturbance(): Disturbance | null {
    this.#garbled = false;
    if (!this.#faulty) return null;
    const { faults, random } = this.#parts;
    const setting = (kind: "slow-device" | "drop-answers" | "garbage" | "busy", name: string): number | undefined =>
      faults.find(this.id, kind)?.settings[name];
    if (faults.find(this.id, "device-off") !== null) return { drop: true };
    if (random.uniform() < (setting("drop-answers", "share") ?? 0)) return { drop: true };
    const disturbance: Disturbance = { delayMs: setting("slow-device", "delayMs") ?? 0 };
    const exception = setting("busy", "exception");
    if (exception !== undefined) return { ...disturbance, exception };
    if (random.uniform() >= (setting("garbage", "share") ?? 0)) return disturbance;
    this.#garbled = true;
    return { ...disturbance, mangle: (frame) => garbleFrame(frame, random) };
  }

  beforeRead(): void {
    this.sequence++;
    this.bank.inputs.writeUInt32BE(this.sequence >>> 0, 0);
  }

  handedOver(table: TableName, start: number, quantity: number, bytes: Buffer, from: number, to: number): void {
    // A spoilt answer hands nothing over: whoever stores a value out of it made it up.
    if (!this.#garbled) this.log.read(this.sequence, table, start, quantity, bytes, from, to);
  }

  take(table: "coil" | "holding", start: number, bytes: Buffer): number {
    const orders = readOrders(this.#parts.map.points, this.bank, table, start, bytes);
    if (typeof orders === "number") {
      this.log.wasTold({ point: null, value: `${table} ${start}: ${bytes.toString("hex")}`, held: null, outcome: "refused", by: "modbus" });
      return orders;
    }
    for (const order of orders) this.#obey(order);
    this.#paint();
    return 0;
  }

  #obey({ point, value }: Order): void {
    const quantity = this.#parts.quantities.get(point.point);
    if (quantity?.write === undefined) throw new Error(`${point.point} is writable in the map and not in the plant`);
    const before = quantity.read();
    const verdict = judgeWrite(this.#parts.faults, this.id, point.point, value, before);
    if (verdict.put !== null) quantity.write(verdict.put);
    if (verdict.later !== null) this.#pending.add(this.#parts.now() + verdict.later.afterMs, quantity, verdict.later.value);
    this.log.wasTold({ point: point.point, value, held: quantity.read(), outcome: verdict.outcome, by: "modbus" });
  }

  #paint(): void {
    for (const point of this.#parts.map.points) {
      const value = this.#valueOf(point);
      if (value !== null) writePoint(this.bank, point, value);
    }
  }

  #valueOf(point: ModbusPoint): QuantityValue | null {
    if (point.from === undefined) {
      const quantity = this.#parts.quantities.get(point.point);
      if (quantity === undefined) throw new Error(`the map shows ${point.point}, which the plant does not have`);
      return quantity.read();
    }
    return "text" in point.from ? point.from.text : null;
  }

  /** The value a reader would get for a point now; for tests and the panel. */
  shown(name: string): QuantityValue | null {
    const point = this.#parts.map.points.find((candidate) => candidate.point === name);
    return point === undefined ? null : readPoint(this.bank, point);
  }
}
