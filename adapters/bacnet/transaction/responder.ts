import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { Network } from "../link/network.ts";
import type { Station } from "../link/station.ts";
import { encodeApdu, type Apdu, type ConfirmedRequest, type SegmentAck } from "../wire/apdu.ts";
import { Malformed } from "../wire/malformed.ts";
import { encodeError } from "../wire/services/property-access.ts";
import { AbortReason, RejectReason } from "../wire/vocabulary.ts";
import { maxSegmentsTaken, maxServed, ourMaxApdu, ourWindow } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import { SegmentReceiver, SegmentSender } from "./segments.ts";

/** How a served request ends that is not answered with data; thrown by handlers. */
export class ServiceRefusal extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super("refused");
    this.refusal = refusal;
  }
}

/** Thrown by handlers of a device that was told to keep silent: nothing at all goes back. */
export class Unanswered extends Error {}

/** Answers one confirmed service: data for a complex acknowledgement, nothing for a simple one, or a ServiceRefusal. */
export type Serve = (service: number, data: Buffer, from: Station) => Buffer | undefined | Promise<Buffer | undefined>;

export interface ResponderOptions {
  /** Largest message we send; a simulated device may be smaller than we are. */
  readonly maxApdu?: number;
  /** Whether answers may go out in segments; a device may claim one thing and do another. */
  readonly sendsSegments?: boolean;
  readonly segmentTimeoutMs?: number;
}

interface Served {
  readonly request: ConfirmedRequest;
  readonly from: Station;
  readonly receiver?: SegmentReceiver;
  sender?: SegmentSender;
  tries: number;
  cancel: Cancel;
}

const segmentRetries = 3;

/** The answering half of the transaction layer: requests of others, put together from segments where they come so. */
export class Responder {
  readonly #network: Network;
  readonly #env: AdapterEnv;
  readonly #serve: Serve;
  readonly #maxApdu: number;
  readonly #sendsSegments: boolean;
  readonly #segmentTimeoutMs: number;
  /** By station and invoke id; a repetition of what is worked on is not worked on twice. */
  readonly #served = new Map<string, Served>();
  #closed = false;
  readonly counters = { served: 0, refused: 0, overloaded: 0, repeated: 0 };

  constructor(network: Network, env: AdapterEnv, serve: Serve, options: ResponderOptions = {}) {
    this.#network = network;
    this.#env = env;
    this.#serve = serve;
    this.#maxApdu = options.maxApdu ?? ourMaxApdu;
    this.#sendsSegments = options.sendsSegments ?? true;
    this.#segmentTimeoutMs = options.segmentTimeoutMs ?? 2_000;
  }

  request(request: ConfirmedRequest, from: Station): void {
    const key = keyOf(from, request.invokeId);
    const known = this.#served.get(key);
    if (request.segment) return this.#segment(key, known, request, from);
    if (known) return void this.counters.repeated++;
    if (!this.#hasRoom()) {
      this.counters.overloaded++;
      return this.#abort(request.invokeId, AbortReason.OUT_OF_RESOURCES, from);
    }
    const served: Served = { request, from, tries: 0, cancel: () => undefined };
    this.#served.set(key, served);
    this.#work(key, served, request.data);
  }

  /** What the other side says about an answer that goes out in segments. */
  progress(apdu: Extract<Apdu, { kind: "segment-ack" | "abort" }>, from: Station): void {
    const key = keyOf(from, apdu.invokeId);
    const served = this.#served.get(key);
    if (!served) return;
    if (apdu.kind === "abort") return this.#done(key, served);
    this.#acknowledged(key, served, apdu);
  }

  close(): void {
    this.#closed = true;
    for (const [key, served] of this.#served) this.#done(key, served);
  }

  /**
   * When all places are taken, whoever has kept us waiting longest (for the rest of a question, for an acknowledgement) gives
   * way: questions that were begun and left must not shut out the honest.
   */
  #hasRoom(): boolean {
    if (this.#served.size < maxServed) return true;
    for (const [key, served] of this.#served) {
      if (!served.receiver && !served.sender) continue;
      this.counters.overloaded++;
      this.#done(key, served);
      return true;
    }
    return false;
  }

  #segment(key: string, known: Served | undefined, request: ConfirmedRequest, from: Station): void {
    const { sequence, window, more } = request.segment!;
    if (!known && (sequence !== 0 || !this.#hasRoom())) return this.#abort(request.invokeId, AbortReason.INVALID_APDU_IN_THIS_STATE, from);
    const served = known ?? {
      request,
      from,
      receiver: new SegmentReceiver(window, ourWindow, maxSegmentsTaken),
      tries: 0,
      cancel: () => undefined,
    };
    if (!served.receiver) return void this.counters.repeated++;
    this.#served.set(key, served);
    served.cancel();
    const verdict = served.receiver.take(sequence, more, request.data);
    if (verdict.answer === "too-long") {
      this.#done(key, served);
      return this.#abort(request.invokeId, AbortReason.BUFFER_OVERFLOW, from);
    }
    served.cancel = this.#env.timers.after(this.#segmentTimeoutMs * 4, () => this.#done(key, served));
    if (verdict.answer === "none") return;
    const ack: SegmentAck = {
      kind: "segment-ack",
      invokeId: request.invokeId,
      sequence: verdict.sequence,
      window: served.receiver.window,
      negative: verdict.answer === "negative",
      byServer: true,
    };
    this.#network.send(encodeApdu(ack), from, false);
    if (verdict.answer !== "acknowledge" || !verdict.complete) return;
    served.cancel();
    const whole: Served = { request, from, tries: 0, cancel: () => undefined };
    this.#served.set(key, whole);
    this.#work(key, whole, verdict.complete);
  }

  #work(key: string, served: Served, data: Buffer): void {
    let answer: Buffer | undefined | Promise<Buffer | undefined>;
    try {
      answer = this.#serve(served.request.service, data, served.from);
    } catch (error) {
      return this.#refuse(key, served, error);
    }
    if (!(answer instanceof Promise)) return this.#answer(key, served, answer);
    answer.then(
      (value) => this.#answer(key, served, value),
      (error: unknown) => this.#refuse(key, served, error),
    );
  }

  #answer(key: string, served: Served, data: Buffer | undefined): void {
    if (this.#closed || this.#served.get(key) !== served) return;
    const { request, from } = served;
    this.counters.served++;
    const head = { invokeId: request.invokeId, service: request.service };
    const most = Math.min(request.maxApdu, this.#maxApdu);
    if (data === undefined) {
      this.#network.send(encodeApdu({ kind: "simple-ack", ...head }), from, false);
      return this.#done(key, served);
    }
    if (data.length + 3 <= most) {
      this.#network.send(encodeApdu({ kind: "complex-ack", ...head, data }), from, false);
      return this.#done(key, served);
    }
    const sender = new SegmentSender(data, most - 5);
    const taken = request.maxSegments === 0 || request.maxSegments > 64 ? maxSegmentsTaken : request.maxSegments;
    if (!this.#sendsSegments || !request.acceptsSegments || sender.count > taken) {
      this.#done(key, served);
      return this.#abort(
        request.invokeId,
        sender.count > taken && request.acceptsSegments ? AbortReason.BUFFER_OVERFLOW : AbortReason.SEGMENTATION_NOT_SUPPORTED,
        from,
      );
    }
    served.sender = sender;
    this.#sendSegments(key, served);
  }

  #sendSegments(key: string, served: Served): void {
    const { request, from, sender } = served;
    for (const { sequence, more, data } of sender!.current()) {
      const segment = { sequence, window: ourWindow, more };
      this.#network.send(
        encodeApdu({ kind: "complex-ack", invokeId: request.invokeId, service: request.service, segment, data }),
        from,
        true,
      );
    }
    served.cancel();
    served.cancel = this.#env.timers.after(this.#segmentTimeoutMs, () => {
      if (++served.tries > segmentRetries) return this.#done(key, served);
      this.#sendSegments(key, served);
    });
  }

  #acknowledged(key: string, served: Served, ack: SegmentAck): void {
    const progress = served.sender?.acknowledge(ack.sequence, ack.window);
    if (progress === undefined || progress === "stale") return;
    served.tries = 0;
    if (progress === "done") this.#done(key, served);
    else this.#sendSegments(key, served);
  }

  #refuse(key: string, served: Served, error: unknown): void {
    if (this.#closed || this.#served.get(key) !== served) return;
    this.counters.refused++;
    this.#done(key, served);
    if (error instanceof Unanswered) return;
    const { request, from } = served;
    const refusal: Refusal =
      error instanceof ServiceRefusal
        ? error.refusal
        : { kind: "reject", reason: error instanceof Malformed ? RejectReason.INVALID_TAG : RejectReason.OTHER };
    if (!(error instanceof ServiceRefusal) && !(error instanceof Malformed))
      this.#env.log.error("a BACnet service failed", { error: String(error) });
    if (refusal.kind === "abort") return this.#abort(request.invokeId, refusal.reason, from);
    if (refusal.kind === "reject") {
      return this.#network.send(encodeApdu({ kind: "reject", invokeId: request.invokeId, reason: refusal.reason }), from, false);
    }
    this.#network.send(
      encodeApdu({ kind: "error", invokeId: request.invokeId, service: request.service, data: encodeError(refusal) }),
      from,
      false,
    );
  }

  #abort(invokeId: number, reason: number, from: Station): void {
    this.#network.send(encodeApdu({ kind: "abort", invokeId, reason, byServer: true }), from, false);
  }

  #done(key: string, served: Served): void {
    served.cancel();
    if (this.#served.get(key) === served) this.#served.delete(key);
  }
}

function keyOf(from: Station, invokeId: number): string {
  return `${from.key}#${invokeId}`;
}
