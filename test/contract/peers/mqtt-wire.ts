/** Just enough of MQTT 3.1.1 and 5 to play a broker: what clients say, taken apart by hand, and what a broker says. */
export type PeerPacket =
  | { readonly kind: "connect"; readonly clientId: string; readonly isFive: boolean; readonly isClean: boolean }
  | { readonly kind: "subscribe"; readonly id: number; readonly filters: readonly { readonly filter: string; readonly qos: number }[] }
  | { readonly kind: "unsubscribe"; readonly id: number; readonly names: readonly string[] }
  | { readonly kind: "publish"; readonly topic: string; readonly payload: string; readonly qos: number; readonly id: number; readonly retain: boolean } // prettier-ignore
  | { readonly kind: "acknowledgement"; readonly name: string; readonly id: number }
  | { readonly kind: "ping" }
  | { readonly kind: "goodbye" };

/** One packet: first byte, remaining length, the rest. */
export function packet(first: number, rest: readonly number[] | Buffer): Buffer {
  const body = Buffer.from(rest);
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 128) | (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** A string with its length in front. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

export function bytesOfPublish(
  topic: string,
  payload: string | Buffer,
  about: { readonly qos: number; readonly id: number; readonly retain?: boolean; readonly dup?: boolean },
  isFive: boolean,
): Buffer {
  const { qos, id } = about;
  const first = 0x30 | (about.dup ? 8 : 0) | (qos << 1) | (about.retain ? 1 : 0);
  const number = qos > 0 ? Buffer.from([id >> 8, id & 255]) : Buffer.alloc(0);
  return packet(first, Buffer.concat([text(topic), number, Buffer.from(isFive ? [0] : []), Buffer.from(payload)]));
}

/** Cuts what a client sends into packets. */
export class MqttReader {
  private rest = Buffer.alloc(0);
  private isFive = false;

  read(bytes: Buffer): PeerPacket[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const found: PeerPacket[] = [];
    for (let next = this.next(); next; next = this.next()) {
      const read = this.understand(next.first, next.body);
      if (read) found.push(read);
    }
    return found;
  }

  private next(): { first: number; body: Buffer } | undefined {
    let length = 0;
    let at = 1;
    for (let shift = 0; ; shift += 7, at++) {
      const byte = this.rest[at];
      if (byte === undefined) return undefined;
      length += (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (this.rest.length < at + 1 + length) return undefined;
    const packet = { first: this.rest[0]!, body: this.rest.subarray(at + 1, at + 1 + length) };
    this.rest = this.rest.subarray(at + 1 + length);
    return packet;
  }

  private understand(first: number, body: Buffer): PeerPacket | undefined {
    const names = new Map([
      [0x40, "puback"],
      [0x50, "pubrec"],
      [0x60, "pubrel"],
      [0x70, "pubcomp"],
    ]);
    const type = first & 0xf0;
    const name = names.get(type);
    if (name) return { kind: "acknowledgement", name, id: body.readUInt16BE(0) };
    if (type === 0x10) return this.connect(body);
    if (type === 0x30) return this.publish(first, body);
    if (type === 0xc0) return { kind: "ping" };
    if (type === 0xe0) return { kind: "goodbye" };
    if (type !== 0x80 && type !== 0xa0) return undefined;
    const id = body.readUInt16BE(0);
    const filters: { filter: string; qos: number }[] = [];
    for (let at = this.isFive ? 3 + body[2]! : 2; at < body.length;) {
      const length = body.readUInt16BE(at);
      const filter = body.toString("utf8", at + 2, at + 2 + length);
      at += 2 + length;
      filters.push({ filter, qos: type === 0x80 ? body[at++]! & 3 : 0 });
    }
    return type === 0x80 ? { kind: "subscribe", id, filters } : { kind: "unsubscribe", id, names: filters.map(({ filter }) => filter) };
  }

  private connect(body: Buffer): PeerPacket {
    const nameLength = body.readUInt16BE(0);
    this.isFive = body[2 + nameLength] === 5;
    const flags = body[3 + nameLength]!;
    let at = 6 + nameLength;
    if (this.isFive) at += 1 + body[at]!;
    const clientId = body.toString("utf8", at + 2, at + 2 + body.readUInt16BE(at));
    return { kind: "connect", clientId, isFive: this.isFive, isClean: (flags & 2) !== 0 };
  }

  private publish(first: number, body: Buffer): PeerPacket {
    const qos = (first >> 1) & 3;
    const length = body.readUInt16BE(0);
    const topic = body.toString("utf8", 2, 2 + length);
    let at = 2 + length;
    const id = qos > 0 ? body.readUInt16BE(at) : 0;
    if (qos > 0) at += 2;
    if (this.isFive) at += 1 + body[at]!;
    return { kind: "publish", topic, payload: body.toString("utf8", at), qos, id, retain: (first & 1) === 1 };
  }
}
