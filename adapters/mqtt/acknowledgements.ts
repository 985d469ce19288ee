/**
 * Late acknowledgements in the order the messages came, as the protocol asks (MQTT 5, 4.6): what is stored early waits for what
 * came before it. Never more than the 65,535 packet identifiers there are.
 */
export class Acknowledgements {
  private readonly send: (bytes: Uint8Array) => void;
  private readonly waiting: Entry[] = [];
  /** Messages that were not stored: the broker keeps them, if it keeps anything. */
  left = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.send = send;
  }

  get open(): number {
    return this.waiting.length;
  }

  /** Takes note of a message; call the answer once, when it is known what became of it. */
  expect(acknowledgement: Uint8Array): (isStored: boolean) => void {
    const entry: Entry = { acknowledgement, isStored: undefined };
    this.waiting.push(entry);
    return (isStored) => {
      if (entry.isStored !== undefined) return;
      entry.isStored = isStored;
      this.flush();
    };
  }

  private flush(): void {
    let done = 0;
    for (const { acknowledgement, isStored } of this.waiting) {
      if (isStored === undefined) break;
      done++;
      if (isStored) this.send(acknowledgement);
      else this.left++;
    }
    this.waiting.splice(0, done);
  }
}

interface Entry {
  readonly acknowledgement: Uint8Array;
  isStored: boolean | undefined;
}

/** PUBACK: 0x40, PUBREC: 0x50; two bytes of packet identifier mean success in every version of the protocol. */
export function acknowledgementOf(qos: 1 | 2, packetId: number): Uint8Array {
  return Uint8Array.of(qos === 1 ? 0x40 : 0x50, 2, packetId >> 8, packetId & 0xff);
}
