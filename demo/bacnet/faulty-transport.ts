import type { Mac, Transport } from "#adapters/bacnet/link/transport.ts";
import { decodeNpdu, encodeNpdu } from "#adapters/bacnet/wire/npdu.ts";
import type { FaultBoard } from "../faults/fault-board.ts";
import type { Random } from "../model/random.ts";

export interface FaultyTransportParts {
  readonly inner: Transport;
  readonly device: string;
  readonly faults: FaultBoard;
  readonly random: Random;
}

/** Messages of a slow device under way at once; more are lost, as they are in a device that is short of memory. */
const lateAtMost = 1_000;
/** An abort for want of resources: what a device says that has too much to do. */
const outOfResources = 9;

/** The network of all BACnet devices, as a fault names it. */
export const bacnetNetwork = "bacnet";

/** A device's way to its network, with the faults that are on it: off, unplugged, slow, losing, garbling or busy. */
export class FaultyTransport implements Transport {
  readonly maxNpdu: number;
  readonly lost: Promise<Error>;
  readonly #parts: FaultyTransportParts;
  readonly #late = new Set<NodeJS.Timeout>();
  #isFaulty = false;

  constructor(parts: FaultyTransportParts) {
    this.#parts = parts;
    this.maxNpdu = parts.inner.maxNpdu;
    this.lost = parts.inner.lost;
    const { faults, device } = parts;
    faults.watch(() => (this.#isFaulty = faults.touches(device) || faults.touches(bacnetNetwork)));
  }

  send(npdu: Buffer, to: Mac): void {
    this.#out(npdu, (bytes) => this.#parts.inner.send(bytes, to));
  }

  broadcast(npdu: Buffer): void {
    this.#out(npdu, (bytes) => this.#parts.inner.broadcast(bytes));
  }

  listen(see: (npdu: Buffer, from: Mac) => void): void {
    this.#parts.inner.listen((npdu, from) => {
      if (!this.#isFaulty) return see(npdu, from);
      if (this.#isCutOff()) return;
      const refusal = this.#parts.faults.find(this.#parts.device, "busy") === null ? null : abortOf(npdu);
      if (refusal === null) see(npdu, from);
      else this.send(refusal, from);
    });
  }

  macOf(station: Mac): Uint8Array {
    return this.#parts.inner.macOf(station);
  }

  health(): Readonly<Record<string, unknown>> {
    return this.#parts.inner.health();
  }

  async close(): Promise<void> {
    for (const timer of this.#late) clearTimeout(timer);
    await this.#parts.inner.close();
  }

  #out(npdu: Buffer, go: (bytes: Buffer) => void): void {
    if (!this.#isFaulty) return go(npdu);
    if (this.#isCutOff()) return;
    const { faults, device, random } = this.#parts;
    const setting = (kind: "slow-device" | "drop-answers" | "garbage", name: string): number =>
      faults.find(device, kind)?.settings[name] ?? 0;
    if (random.uniform() < setting("drop-answers", "share")) return;
    const bytes = random.uniform() < setting("garbage", "share") ? spoilt(npdu, random) : npdu;
    const delayMs = setting("slow-device", "delayMs");
    if (delayMs <= 0) return go(bytes);
    if (this.#late.size >= lateAtMost) return;
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      if (!this.#isCutOff()) go(bytes);
    }, delayMs);
    this.#late.add(timer);
  }

  #isCutOff(): boolean {
    const { faults, device } = this.#parts;
    return faults.find(device, "device-off") !== null || faults.find(bacnetNetwork, "device-off") !== null;
  }
}

/** The abort a confirmed request gets; null for everything else, which is heard as usual. */
function abortOf(bytes: Buffer): Buffer | null {
  try {
    const { payload, networkMessage } = decodeNpdu(bytes);
    if (networkMessage !== undefined || payload.length < 3 || payload[0]! >> 4 !== 0) return null;
    return encodeNpdu({ expectingReply: false, priority: 0, payload: Buffer.of(0x71, payload[2]!, outOfResources) });
  } catch {
    return null;
  }
}

/** Cut short, or with an octet of its content turned over. */
function spoilt(npdu: Buffer, random: Random): Buffer {
  const copy = Buffer.from(npdu);
  const at = Math.floor(random.uniform() * copy.length);
  if (random.uniform() < 0.5) return copy.subarray(0, Math.max(1, at));
  copy[at] = copy[at]! ^ (1 + Math.floor(random.uniform() * 255));
  return copy;
}
