export type TableName = "coil" | "discrete" | "input" | "holding";

export interface BankSize {
  coils?: number;
  discretes?: number;
  inputs?: number;
  holdings?: number;
}

/** Addresses a device refuses to have touched, both ends included. */
export interface Hole {
  table: TableName;
  from: number;
  to: number;
}

/**
 * The four tables of one unit as the bytes a reader gets: registers big-endian, bits one byte each. It is a picture of
 * the plant that is repainted every tick, so that answering a read is a copy.
 */
export class Bank {
  readonly coils: Uint8Array;
  readonly discretes: Uint8Array;
  readonly inputs: Buffer;
  readonly holdings: Buffer;
  readonly #holes: readonly Hole[];

  constructor(size: BankSize, holes: readonly Hole[] = []) {
    this.coils = new Uint8Array(size.coils ?? 0);
    this.discretes = new Uint8Array(size.discretes ?? 0);
    this.inputs = Buffer.alloc(2 * (size.inputs ?? 0));
    this.holdings = Buffer.alloc(2 * (size.holdings ?? 0));
    this.#holes = holes;
  }

  /** Whether every address asked for exists. */
  covers(table: TableName, start: number, quantity: number): boolean {
    if (start + quantity > this.#length(table)) return false;
    for (const hole of this.#holes) {
      if (hole.table === table && start <= hole.to && start + quantity > hole.from) return false;
    }
    return true;
  }

  bits(table: "coil" | "discrete"): Uint8Array {
    return table === "coil" ? this.coils : this.discretes;
  }

  registers(table: "input" | "holding"): Buffer {
    return table === "input" ? this.inputs : this.holdings;
  }

  #length(table: TableName): number {
    if (table === "coil") return this.coils.length;
    if (table === "discrete") return this.discretes.length;
    return (table === "input" ? this.inputs.length : this.holdings.length) / 2;
  }
}
