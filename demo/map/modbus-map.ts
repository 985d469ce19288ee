import type { Hole, TableName } from "../modbus/bank.ts";
import type { RegisterType, WordOrder } from "../modbus/value.ts";

/** One point as it lies in the tables of a Modbus device. The server, the README and the demo's site file are made from these. */
export interface ModbusPoint {
  /** The name of the point, and of the quantity of the plant behind it. */
  point: string;
  title: string;
  table: TableName;
  address: number;
  /** `bit` for coils and discrete inputs, and for one bit of a register. */
  type: RegisterType;
  /** How values of several registers lie; `abcd` when it is left out. */
  order?: WordOrder;
  /** Which bit of the register, 0 the lowest. */
  bit?: number;
  /** Registers of a string. */
  length?: number;
  /** Value = raw × scale; 1 when it is left out. */
  scale?: number;
  /** UCUM. */
  unit?: string;
  range?: readonly [number, number];
  states?: readonly string[];
  writable?: true;
  /** Falls back by itself: a pulse, not a level. */
  momentary?: true;
  /** Where the value comes from when it is no quantity of the plant: the hand-over counter, or a text on the label. */
  from?: { counter: true } | { text: string };
  /** Where it stands, when that is not where its device stands. */
  area?: string;
  /** For a writable point: the point that shows the effect. */
  evidence?: string;
}

export interface ModbusDeviceMap {
  device: string;
  unitId: number;
  title: string;
  area: string;
  product: string;
  /** Reads longer than this are refused, as small controllers do; 125 when it is left out. */
  maxReadRegisters?: number;
  /** Addresses that are refused although they lie between others. */
  holes?: readonly Hole[];
  points: readonly ModbusPoint[];
}

/** Every unit counts what it hands over in its input registers 0 and 1. */
export function handedOverPoint(device: string): ModbusPoint {
  return {
    point: `${device}/handed-over`,
    title: "Answers to reads so far, this one included",
    table: "input",
    address: 0,
    type: "u32",
    from: { counter: true },
  };
}
