import { describeStation, type Station } from "../link/station.ts";
import type { PeerLimits } from "../transaction/limits.ts";
import { ourMaxApdu } from "../transaction/limits.ts";
import type { IAm } from "../wire/services/who-is.ts";
import type { DeviceZone } from "../wire/date-time.ts";
import type { ReadBudget } from "../plan.ts";

/** Octets an application message spends on its own header. */
const headerOctets = 6;
/** A device that cannot do even this in one answer is asked property by property. */
const smallestAnswer = 60;

/** What a device said it can take, corrected by what it refused. Lives as long as the link. */
export class Peer {
  readonly instance: number;
  station: Station;
  maxApdu: number;
  segmentation: number;
  vendor: number | undefined;
  /** Whether it has answered anything since the link opened. */
  heard: boolean;
  /** Known once it was read from the device or the configuration says so. */
  zone: DeviceZone | undefined;
  /** False once it has rejected ReadPropertyMultiple. */
  readsMultiple = true;
  /** False once it has refused SubscribeCOVProperty. */
  covProperty = true;
  /** Most properties it has answered in one message: what it has done once is not doubted. */
  provenItems = 0;
  #answerOctets: number;

  /** The configuration says where it is. */
  readonly fixed: boolean;

  constructor(station: Station, iAm: IAm, heard: boolean, fixed = false) {
    this.fixed = fixed;
    this.station = station;
    this.instance = iAm.instance;
    this.maxApdu = iAm.maxApdu;
    this.segmentation = iAm.segmentation;
    this.vendor = iAm.vendor;
    this.heard = heard;
    this.#answerOctets = Math.min(this.maxApdu, ourMaxApdu) - headerOctets;
  }

  get limits(): PeerLimits {
    return { maxApdu: Math.min(this.maxApdu, ourMaxApdu), takesSegments: this.segmentation === 0 || this.segmentation === 2 };
  }

  get budget(): ReadBudget {
    return { request: Math.min(this.maxApdu, ourMaxApdu) - headerOctets, answer: this.#answerOctets };
  }

  get name(): string {
    return `device ${this.instance} at ${describeStation(this.station)}`;
  }

  /** A newer word of the device about itself; a device that moved is asked at its new place. */
  update(iAm: IAm, station: Station): void {
    this.station = station;
    this.heard = true;
    this.vendor = iAm.vendor;
    this.segmentation = iAm.segmentation;
    if (iAm.maxApdu === this.maxApdu) return;
    this.maxApdu = iAm.maxApdu;
    this.#answerOctets = Math.min(this.maxApdu, ourMaxApdu) - headerOctets;
  }

  /** The configuration knows better than the device what it can take. */
  limitTo(maxApdu: number): void {
    this.maxApdu = maxApdu;
    this.#answerOctets = Math.min(this.#answerOctets, maxApdu - headerOctets);
  }

  /** An answer expected to be this long was too long for it. False when there is nothing left to halve. */
  shrink(expected: number): boolean {
    const next = Math.max(smallestAnswer, Math.floor(Math.min(expected, this.#answerOctets) / 2));
    const shrunk = next < this.#answerOctets;
    this.#answerOctets = next;
    return shrunk;
  }

  health(): Readonly<Record<string, unknown>> {
    const claims = ["both", "transmit", "receive", "none"][this.segmentation] ?? String(this.segmentation);
    return {
      instance: this.instance,
      at: describeStation(this.station),
      heard: this.heard,
      maxApdu: this.maxApdu,
      segmentation: claims,
      readsMultiple: this.readsMultiple,
      answerOctets: this.#answerOctets,
    };
  }
}
