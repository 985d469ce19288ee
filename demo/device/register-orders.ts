import type { ModbusPoint } from "../map/modbus-map.ts";
import type { QuantityValue } from "../model/quantity.ts";
import { exceptions } from "../modbus/answer.ts";
import type { Bank } from "../modbus/bank.ts";
import { readRegisterPoint, sizeOf } from "./register-picture.ts";

/** One point told one value. */
export interface Order {
  point: ModbusPoint;
  value: QuantityValue;
}

/**
 * What a write to a table means for the points in it, or the exception it earns. Values of several registers are taken
 * whole or not at all, addresses without a writable point are refused, and so is a value out of range: nothing is
 * changed unless everything is in order.
 */
export function readOrders(
  points: readonly ModbusPoint[],
  bank: Bank,
  table: "coil" | "holding",
  start: number,
  bytes: Buffer,
): Order[] | number {
  const quantity = table === "coil" ? bytes.length : bytes.length / 2;
  const touched = points.filter(
    (point) => point.table === table && point.address < start + quantity && point.address + sizeOf(point) > start,
  );
  const orders: Order[] = [];
  const reached = new Set<number>();
  for (const point of touched) {
    if (point.writable !== true || point.address < start || point.address + sizeOf(point) > start + quantity)
      return exceptions.illegalAddress;
    for (let address = point.address; address < point.address + sizeOf(point); address++) reached.add(address);
    const offset = point.address - start;
    const value = table === "coil" ? bytes[offset] === 1 : readRegisterPoint(bytes, 2 * offset, point);
    if (value === null || !isInRange(value, point)) return exceptions.illegalValue;
    orders.push({ point, value });
  }
  if (reached.size !== quantity) return exceptions.illegalAddress;
  return withoutUntouchedBits(orders, bank);
}

function isInRange(value: QuantityValue, point: ModbusPoint): boolean {
  if (typeof value !== "number" || point.range === undefined) return typeof value !== "number" || Number.isFinite(value);
  return value >= point.range[0] && value <= point.range[1];
}

/** A register of switches that is written with one of them changed tells the device about that one only. */
function withoutUntouchedBits(orders: Order[], bank: Bank): Order[] {
  const changed = orders.filter(({ point, value }) => {
    if (point.table !== "holding" || point.type !== "bit") return true;
    return readRegisterPoint(bank.holdings, 2 * point.address, point) !== value;
  });
  return changed.length > 0 ? changed : orders;
}
