/** The tables of one pretended unit, and what it makes of a request. Written apart from the adapter so that mistakes do not cancel out. */
export class ModbusMemory {
  readonly holding = new Uint16Array(65_536);
  readonly input = new Uint16Array(65_536);
  readonly coils = new Uint8Array(65_536);
  readonly discrete = new Uint8Array(65_536);
  /** Register and bit addresses at and above this are not there. */
  end = 65_536;
  /** Addresses that are not there although they lie below the end. */
  readonly holes = new Set<number>();
  /** Answers every request with this exception. */
  exception: number | undefined;
  identity: Readonly<Record<number, string>> | undefined;
  /** Functions this unit does not know. */
  readonly unknownFunctions = new Set<number>();
  /** Every request's PDU, oldest first; bounded. */
  readonly heard: Buffer[] = [];

  answer(pdu: Buffer): Buffer {
    if (this.heard.length < 100_000) this.heard.push(Buffer.from(pdu));
    const code = pdu[0]!;
    const refuse = (exception: number) => Buffer.from([code | 0x80, exception]);
    if (this.exception !== undefined) return refuse(this.exception);
    if (this.unknownFunctions.has(code)) return refuse(1);
    const first = pdu.length >= 3 ? pdu.readUInt16BE(1) : 0;
    const second = pdu.length >= 5 ? pdu.readUInt16BE(3) : 0;
    switch (code) {
      case 1:
      case 2:
        return this.missing(first, second) ? refuse(2) : bits(code, code === 1 ? this.coils : this.discrete, first, second);
      case 3:
      case 4:
        if (second > 125 || second === 0) return refuse(3);
        return this.missing(first, second) ? refuse(2) : registers(code, code === 3 ? this.holding : this.input, first, second);
      case 5:
        if (this.missing(first, 1)) return refuse(2);
        this.coils[first] = second === 0xff00 ? 1 : 0;
        return pdu;
      case 6:
        if (this.missing(first, 1)) return refuse(2);
        this.holding[first] = second;
        return pdu;
      case 15:
        if (this.missing(first, second)) return refuse(2);
        for (let index = 0; index < second; index++) this.coils[first + index] = (pdu[6 + (index >> 3)]! >> (index & 7)) & 1;
        return pdu.subarray(0, 5);
      case 16:
        if (this.missing(first, second)) return refuse(2);
        for (let index = 0; index < second; index++) this.holding[first + index] = pdu.readUInt16BE(6 + index * 2);
        return pdu.subarray(0, 5);
      case 22:
        if (this.missing(first, 1)) return refuse(2);
        this.holding[first] = (this.holding[first]! & second) | (pdu.readUInt16BE(5) & ~second);
        return pdu;
      case 23: {
        const at = pdu.readUInt16BE(5);
        for (let index = 0; index < pdu.readUInt16BE(7); index++) this.holding[at + index] = pdu.readUInt16BE(10 + index * 2);
        return registers(code, this.holding, first, second);
      }
      case 43:
        return this.identity ? identification(this.identity, pdu[3] ?? 0) : refuse(1);
      default:
        return refuse(1);
    }
  }

  setFloat(at: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    this.holding[at] = bytes.readUInt16BE(0);
    this.holding[at + 1] = bytes.readUInt16BE(2);
  }

  private missing(at: number, count: number): boolean {
    if (at + count > this.end) return true;
    if (this.holes.size === 0) return false;
    return Array.from({ length: count }, (_, index) => at + index).some((address) => this.holes.has(address));
  }
}

function registers(code: number, table: Uint16Array, at: number, count: number): Buffer {
  const answer = Buffer.alloc(2 + count * 2);
  answer[0] = code;
  answer[1] = count * 2;
  for (let index = 0; index < count; index++) answer.writeUInt16BE(table[at + index]!, 2 + index * 2);
  return answer;
}

function bits(code: number, table: Uint8Array, at: number, count: number): Buffer {
  const answer = Buffer.alloc(2 + Math.ceil(count / 8));
  answer[0] = code;
  answer[1] = answer.length - 2;
  for (let index = 0; index < count; index++) answer[2 + (index >> 3)]! |= table[at + index]! << (index & 7);
  return answer;
}

/** Two objects a page, so that whoever asks must go on asking. */
function identification(objects: Readonly<Record<number, string>>, from: number): Buffer {
  const left = Object.entries(objects).filter(([object]) => Number(object) >= from);
  const page = left.slice(0, 2);
  const next = left[2]?.[0];
  const body = page.flatMap(([object, text]) => [Number(object), text.length, ...Buffer.from(text, "latin1")]);
  return Buffer.from([43, 0x0e, 1, 1, next === undefined ? 0 : 0xff, Number(next ?? 0), page.length, ...body]);
}
