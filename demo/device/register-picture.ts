import type { ModbusPoint } from "../map/modbus-map.ts";
import type { QuantityValue } from "../model/quantity.ts";
import type { Bank, BankSize } from "../modbus/bank.ts";
import { decodeValue, encodeValue, registersOf } from "../modbus/value.ts";

/** Tables just large enough for the points of a device. */
export function bankSizeOf(points: readonly ModbusPoint[]): BankSize {
  const end = (table: string): number =>
    points.filter((point) => point.table === table).reduce((most, point) => Math.max(most, point.address + sizeOf(point)), 0);
  return { coils: end("coil"), discretes: end("discrete"), inputs: end("input"), holdings: end("holding") };
}

/** Addresses a point takes in its table. */
export function sizeOf(point: ModbusPoint): number {
  return point.table === "coil" || point.table === "discrete" ? 1 : registersOf(point.type, point.length);
}

/** Puts the value of a point where it lies. */
export function writePoint(bank: Bank, point: ModbusPoint, value: QuantityValue): void {
  if (point.table === "coil" || point.table === "discrete") {
    bank.bits(point.table)[point.address] = value === true ? 1 : 0;
    return;
  }
  const bytes = bank.registers(point.table);
  const at = 2 * point.address;
  if (point.type === "bit") {
    const mask = 1 << (point.bit ?? 0);
    const word = bytes.readUInt16BE(at);
    bytes.writeUInt16BE(value === true ? word | mask : word & ~mask & 0xffff, at);
    return;
  }
  const raw = typeof value === "string" ? value : Number(value) / (point.scale ?? 1);
  encodeValue(bytes, at, point.type, point.order ?? "abcd", raw, point.length);
}

/** The value that lies there; null when the registers hold none. */
export function readPoint(bank: Bank, point: ModbusPoint): QuantityValue | null {
  if (point.table === "coil" || point.table === "discrete") return bank.bits(point.table)[point.address] === 1;
  return readRegisterPoint(bank.registers(point.table), 2 * point.address, point);
}

export function readRegisterPoint(bytes: Buffer, at: number, point: ModbusPoint): QuantityValue | null {
  if (point.type === "bit") return ((bytes.readUInt16BE(at) >> (point.bit ?? 0)) & 1) === 1;
  const raw = decodeValue(bytes, at, point.type, point.order ?? "abcd", point.length);
  if (typeof raw !== "number") return raw;
  // 617 × 0.1 is 61.7 and not 61.7000…: dividing by the inverse of a decimal scale keeps it so.
  const scale = point.scale ?? 1;
  return scale < 1 ? raw / Math.round(1 / scale) : raw * scale;
}
