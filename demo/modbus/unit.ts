import { Bank, type BankSize, type Hole, type TableName } from "./bank.ts";

/** What the device does with the answer to one request; null lets it go out as it is. */
export interface Disturbance {
  /** The answer never leaves. */
  drop?: boolean;
  /** The answer leaves later, and everything this unit says after it as well. */
  delayMs?: number;
  /** The finished frame is handed in and what is returned goes out instead. */
  mangle?: (frame: Buffer) => Buffer;
  /** Answered with this exception and nothing done. */
  exception?: number;
}

export interface UnitIdentity {
  vendor: string;
  product: string;
  revision: string;
}

/** One Modbus device as the server sees it. */
export interface ModbusUnit {
  readonly bank: Bank;
  readonly identity: UnitIdentity;
  readonly maxReadRegisters: number;
  /** Asked before each request is looked at. */
  disturbance(): Disturbance | null;
  /** A read is about to be answered: the unit may still paint its counter before the bytes are copied. */
  beforeRead(table: TableName, start: number, quantity: number): void;
  /** The data bytes (registers, or packed bits) that go out. */
  handedOver(table: TableName, start: number, quantity: number, bytes: Buffer, from: number, to: number): void;
  /** Takes register bytes, or one byte a bit; answers 0 or an exception code. Nothing is changed when it refuses. */
  take(table: "coil" | "holding", start: number, bytes: Buffer): number;
}

/** A unit with nothing behind it, for benches and for tests of clients: what is written can be read. */
export function plainUnit(size: BankSize, holes: readonly Hole[] = []): ModbusUnit {
  const bank = new Bank(size, holes);
  return {
    bank,
    identity: { vendor: "Plainview", product: "plain unit", revision: "1" },
    maxReadRegisters: 125,
    disturbance: () => null,
    beforeRead: () => undefined,
    handedOver: () => undefined,
    take(table, start, bytes) {
      if (table === "coil") bank.coils.set(bytes, start);
      else bytes.copy(bank.holdings, 2 * start);
      return 0;
    },
  };
}
