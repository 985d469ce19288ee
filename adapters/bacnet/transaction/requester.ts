import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { usPerMs } from "#msgs/time.ts";
import type { Network } from "../link/network.ts";
import type { Station } from "../link/station.ts";
import { encodeApdu, type Apdu, type ComplexAck, type SegmentAck } from "../wire/apdu.ts";
import { Malformed } from "../wire/malformed.ts";
import { decodeError } from "../wire/services/property-access.ts";
import { maxSegmentsTaken, maxWaiting, ourMaxApdu, ourWindow } from "./limits.ts";
import { freeInvokeId, timedOut, type Lane, type Pending, type RequestOptions } from "./pending.ts";
import { DeviceRefusal } from "./refusal.ts";
import { SegmentReceiver, SegmentSender } from "./segments.ts";

export interface RequesterOptions {
  /** Under way to one device at most. */
  readonly perDevice: number;
  /** Under way to all devices together, not counting those that have missed their first answer. */
  readonly inAll: number;
}

const headerRoom = 6;
const abortServer = 0;

/**
 * The asking half of the transaction layer (clause 5.4): a lane per device with invoke ids of its own, timers, repetitions,
 * segments both ways. Answers are matched by device and invoke id, so no device can answer for another.
 */
export class Requester {
  readonly #network: Network;
  readonly #env: AdapterEnv;
  readonly #options: RequesterOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that have something to send and wait for a place; taken in turn. */
  readonly #ready = new Set<string>();
  #places: number;
  #closed = false;
  readonly counters = { requests: 0, retries: 0, timeouts: 0, refusals: 0, unexpected: 0, malformed: 0, segments: 0 };

  constructor(network: Network, env: AdapterEnv, options: RequesterOptions) {
    this.#network = network;
    this.#env = env;
    this.#options = options;
    this.#places = options.inAll;
  }

  /** The service data of the answer; empty for a simple acknowledgement. Rejects with a GatewayError. */
  request(to: Station, options: RequestOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (this.#closed) return reject(new GatewayError("closed", `${options.what}: the link is closed`));
      if (signal.aborted) return reject(new GatewayError("closed", `${options.what} was given up`));
      const lane = this.#lane(to.key);
      if (lane.waiting.length >= maxWaiting)
        return reject(new GatewayError("busy", `${options.what}: ${maxWaiting} requests wait already`));
      const onAbort = () => this.#finish(pending, new GatewayError("closed", `${options.what} was given up`, { sent: pending.sends > 0 }));
      signal.addEventListener("abort", onAbort, { once: true });
      const pending: Pending = {
        to,
        options,
        invokeId: 0,
        sends: 0,
        sentAt: 0,
        cancelTimer: () => undefined,
        holdsPlace: false,
        settle: (outcome) => {
          signal.removeEventListener("abort", onAbort);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      lane.waiting.push(pending);
      this.#ready.add(to.key);
      this.#pump();
    });
  }

  /** A message of the kinds that answer requests. */
  answer(apdu: Exclude<Apdu, { kind: "request" | "unconfirmed" }>, from: Station): void {
    const pending = this.#lanes.get(from.key)?.inFlight.get(apdu.invokeId);
    if (!pending) return void this.counters.unexpected++;
    switch (apdu.kind) {
      case "simple-ack":
        if (apdu.service !== pending.options.service) return void this.counters.unexpected++;
        return this.#finish(pending, Buffer.alloc(0));
      case "complex-ack":
        if (apdu.service !== pending.options.service) return void this.counters.unexpected++;
        return apdu.segment ? this.#segment(pending, apdu) : this.#finish(pending, Buffer.from(apdu.data));
      case "segment-ack":
        return this.#segmentAck(pending, apdu);
      case "error":
        return this.#refused(pending, apdu.data);
      case "reject":
        return this.#refuse(pending, new DeviceRefusal({ kind: "reject", reason: apdu.reason }, pending.options.what));
      case "abort":
        return this.#refuse(pending, new DeviceRefusal({ kind: "abort", reason: apdu.reason }, pending.options.what));
    }
  }

  /** Everything under way to stations of this network fails at once. */
  unreachable(network: number): void {
    for (const lane of this.#lanes.values()) {
      for (const pending of [...lane.inFlight.values()]) {
        if (pending.to.remote?.network !== network) continue;
        this.#finish(
          pending,
          new GatewayError("timeout", `${pending.options.what}: the router has no way to network ${network}`, { sent: true }),
        );
      }
    }
  }

  close(error: GatewayError): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) {
      for (const pending of [...lane.waiting, ...lane.inFlight.values()]) {
        this.#finish(
          pending,
          new GatewayError(error.code, `${pending.options.what}: ${error.message}`, { cause: error, sent: pending.sends > 0 }),
        );
      }
    }
  }

  get waiting(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.waiting.length + lane.inFlight.size;
    return sum;
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (!lane) {
      // A start that differs from the last run's keeps a device from taking a new question for a repetition of an old one.
      lane = { inFlight: new Map(), waiting: [], largeInFlight: false, nextId: Math.floor(this.#env.time.now() / usPerMs) % 255 };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#places <= 0) return;
      // Taken out and, when there is more, put in again at the end: a lane with a long queue does not starve the others.
      this.#ready.delete(key);
      const lane = this.#lanes.get(key);
      const next = lane?.waiting[0];
      if (!lane || !next) continue;
      if (lane.inFlight.size >= this.#options.perDevice || (next.options.large === true && lane.largeInFlight)) continue;
      lane.waiting.shift();
      this.#start(lane, next);
      if (lane.waiting.length > 0) this.#ready.add(key);
    }
  }

  #start(lane: Lane, pending: Pending): void {
    const { options } = pending;
    pending.invokeId = freeInvokeId(lane);
    lane.inFlight.set(pending.invokeId, pending);
    if (options.large) lane.largeInFlight = true;
    pending.holdsPlace = true;
    this.#places--;
    this.counters.requests++;
    if (options.data.length + headerRoom > options.limits.maxApdu) {
      if (!options.limits.takesSegments) {
        return this.#finish(
          pending,
          new GatewayError("not-supported", `${options.what}: too long for the device, which takes no segments`),
        );
      }
      pending.sender = new SegmentSender(options.data, options.limits.maxApdu - headerRoom);
    }
    this.#send(pending);
  }

  #send(pending: Pending): void {
    const { options, invokeId, sender } = pending;
    pending.sends++;
    pending.sentAt = this.#env.time.now();
    const head = {
      kind: "request" as const,
      invokeId,
      service: options.service,
      acceptsSegments: true,
      maxSegments: 65,
      maxApdu: ourMaxApdu,
    };
    try {
      if (!sender) this.#network.send(encodeApdu({ ...head, data: options.data }), pending.to, true);
      else {
        for (const { sequence, more, data } of sender.current()) {
          this.counters.segments++;
          this.#network.send(encodeApdu({ ...head, segment: { sequence, window: ourWindow, more }, data }), pending.to, true);
        }
      }
    } catch (error) {
      return this.#finish(pending, error instanceof GatewayError ? error : new GatewayError("link-lost", options.what, { cause: error }));
    }
    this.#arm(pending);
  }

  #arm(pending: Pending): void {
    pending.cancelTimer();
    pending.cancelTimer = this.#env.timers.after(pending.options.timeoutMs, () => this.#expired(pending));
  }

  #expired(pending: Pending): void {
    this.counters.timeouts++;
    if (pending.holdsPlace) this.#giveBack(pending);
    // A half-received answer is thrown away: the device starts again from its first segment.
    delete pending.receiver;
    if (pending.sends > pending.options.retries) return this.#finish(pending, timedOut(pending));
    this.counters.retries++;
    this.#send(pending);
    this.#pump();
  }

  #segment(pending: Pending, apdu: ComplexAck): void {
    const { sequence, window, more } = apdu.segment!;
    this.counters.segments++;
    pending.receiver ??= new SegmentReceiver(window, ourWindow, maxSegmentsTaken);
    const verdict = pending.receiver.take(sequence, more, apdu.data);
    if (verdict.answer === "too-long") {
      this.#network.send(encodeApdu({ kind: "abort", invokeId: pending.invokeId, reason: 1, byServer: false }), pending.to, false);
      return this.#finish(
        pending,
        new GatewayError("bad-answer", `${pending.options.what}: the answer has more than ${maxSegmentsTaken} segments`, { sent: true }),
      );
    }
    this.#arm(pending);
    if (verdict.answer === "none") return;
    const negative = verdict.answer === "negative";
    const ack: SegmentAck = {
      kind: "segment-ack",
      invokeId: pending.invokeId,
      sequence: verdict.sequence,
      window: pending.receiver.window,
      negative,
      byServer: false,
    };
    this.#network.send(encodeApdu(ack), pending.to, false);
    if (verdict.answer === "acknowledge" && verdict.complete) this.#finish(pending, verdict.complete);
  }

  #segmentAck(pending: Pending, ack: SegmentAck): void {
    if (!pending.sender) return void this.counters.unexpected++;
    const progress = pending.sender.acknowledge(ack.sequence, ack.window);
    if (progress === "stale") return;
    pending.sends = 0;
    if (progress === "done") {
      delete pending.sender;
      pending.sends = pending.options.retries + 1;
      return this.#arm(pending);
    }
    this.#send(pending);
  }

  #refused(pending: Pending, data: Buffer): void {
    try {
      this.#refuse(pending, new DeviceRefusal({ kind: "error", ...decodeError(data) }, pending.options.what));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
      this.#finish(
        pending,
        new GatewayError("bad-answer", `${pending.options.what}: the device's error cannot be read`, { sent: true, cause: error }),
      );
    }
  }

  #refuse(pending: Pending, refusal: DeviceRefusal): void {
    this.counters.refusals++;
    this.#finish(pending, refusal);
  }

  #finish(pending: Pending, outcome: Buffer | GatewayError): void {
    const lane = this.#lanes.get(pending.to.key);
    pending.cancelTimer();
    if (lane) {
      const at = lane.waiting.indexOf(pending);
      if (at >= 0) lane.waiting.splice(at, 1);
      if (lane.inFlight.get(pending.invokeId) === pending) lane.inFlight.delete(pending.invokeId);
      if (pending.options.large && pending.sends > 0) lane.largeInFlight = false;
      if (lane.waiting.length > 0) this.#ready.add(pending.to.key);
    }
    if (pending.holdsPlace) this.#giveBack(pending);
    if (outcome instanceof Buffer === false && pending.receiver) this.#abandon(pending);
    pending.settle(outcome);
    this.#pump();
  }

  /** Tells a device that is in the middle of a segmented answer that nobody waits for the rest. */
  #abandon(pending: Pending): void {
    if (this.#closed) return;
    this.#network.send(encodeApdu({ kind: "abort", invokeId: pending.invokeId, reason: abortServer, byServer: false }), pending.to, false);
  }

  #giveBack(pending: Pending): void {
    pending.holdsPlace = false;
    this.#places++;
  }
}
