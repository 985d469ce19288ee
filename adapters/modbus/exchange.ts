import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { usPerMs } from "#msgs/time.ts";
import type { Ask } from "./ask.ts";
import type { ByteStream } from "./dial.ts";
import { longestFrame, type Framing, type FramingListener } from "./framing.ts";
import { Lanes } from "./lanes.ts";
import { fits } from "./pdu.ts";

/** With this much nonsense in a row the two ends will not find each other again; a new link will. */
const mostSkipped = 65_536;
const nothing = Buffer.alloc(0);

export interface ExchangeOptions {
  readonly inFlight: number;
  readonly giveUpAfter: number;
  /** Silence the line needs between an answer and the next request. */
  readonly gapMs: number;
}

export interface ExchangeCounters {
  requests: number;
  answers: number;
  exceptions: Record<number, number>;
  timeouts: number;
  badAnswers: number;
  late: number;
  /** How often the line gave back what was sent. */
  echoes: number;
  garbageBytes: number;
}

/**
 * Questions and answers over one open stream: who goes next, whose answer this is, whose time is up. Everything asked is
 * settled exactly once, also when the link goes. One timer for all deadlines, so that a hundred thousand requests a second do
 * not set a hundred thousand timers.
 */
export class Exchange implements FramingListener {
  readonly lost: Promise<GatewayError>;
  readonly counters: ExchangeCounters = {
    requests: 0,
    answers: 0,
    exceptions: {},
    timeouts: 0,
    badAnswers: 0,
    late: 0,
    echoes: 0,
    garbageBytes: 0,
  };
  readonly lanes: Lanes;
  private readonly stream: ByteStream;
  private readonly framing: Framing;
  private readonly env: AdapterEnv;
  private readonly options: ExchangeOptions;
  private readonly flying = new Set<Ask>();
  private readonly out = Buffer.alloc(64 * longestFrame);
  private settleLost!: (error: GatewayError) => void;
  private over: GatewayError | undefined;
  private receiving = false;
  private silentTimeouts = 0;
  private pauseUntilUs = 0;
  private wakeUs = Infinity;
  private cancelWake: Cancel | undefined;

  constructor(stream: ByteStream, framing: (listener: FramingListener) => Framing, env: AdapterEnv, options: ExchangeOptions) {
    this.stream = stream;
    this.framing = framing(this);
    this.env = env;
    this.options = options;
    this.lanes = new Lanes(Math.min(options.inFlight, this.framing.mostFlying));
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    stream.start(
      (bytes, length) => this.receive(bytes, length),
      (error) => this.end(this.withWhatWasAsked(error)),
    );
  }

  /** Every ask is settled later, never before this returns. */
  ask(asks: readonly Ask[]): void {
    for (const ask of asks) {
      const refused = this.over ?? (this.lanes.add(ask) ? undefined : new GatewayError("busy", "too many requests wait for this link"));
      if (refused) queueMicrotask(() => this.finish(ask, unsent(refused)));
    }
    if (!this.over && !this.receiving) this.pump();
  }

  /** The caller gave up: it is not told anything more. What was sent keeps its place until the device is done with it. */
  forget(ask: Ask): void {
    ask.forgotten = true;
    if (ask.phase !== "queued") return;
    ask.phase = "over";
    this.lanes.remove(ask);
  }

  /** Ends the link; everything still open is rejected with this error. Only the first call counts. */
  end(error: GatewayError): void {
    if (this.over) return;
    this.over = error;
    this.cancelWake?.();
    this.stream.close();
    for (const ask of this.flying) this.finish(ask, new GatewayError(error.code, error.message, { cause: error.cause, sent: true }));
    this.flying.clear();
    for (const ask of this.lanes.drain()) this.finish(ask, unsent(error));
    this.settleLost(error);
  }

  /** Some devices hang up on a question they do not like, and take everybody behind the link along: whoever looks for them needs a name. */
  private withWhatWasAsked(error: GatewayError): GatewayError {
    const open = [...this.flying];
    if (open.length === 0) return error;
    const asked = open.slice(0, 2).map(({ unit, question: { pdu } }) => `unit ${unit} (function ${pdu[0]}, from ${pdu.readUInt16BE(1)})`);
    const more = open.length > asked.length ? ` and ${open.length - asked.length} more` : "";
    return new GatewayError(error.code, `${error.message} while it owed answers of ${asked.join(", ")}${more}`, { cause: error.cause });
  }

  answered(ask: Ask, bytes: Buffer, start: number, end: number): void {
    if (ask.phase !== "flying") return;
    this.flying.delete(ask);
    this.lanes.finish(ask, "answered");
    this.silentTimeouts = 0;
    if (this.options.gapMs > 0) this.pauseUntilUs = this.env.time.now() + this.options.gapMs * usPerMs;
    if (end - start === 2 && bytes[start] === (ask.question.pdu[0]! | 0x80)) {
      const exception = bytes[start + 1]!;
      this.counters.exceptions[exception] = (this.counters.exceptions[exception] ?? 0) + 1;
    } else if (!fits(ask.question, bytes, start, end)) {
      this.counters.badAnswers++;
      const said = bytes.toString("hex", start, Math.min(end, start + 12));
      return this.finish(
        ask,
        new GatewayError("bad-answer", `unit ${ask.unit} answered ${said}, which does not fit the question`, { sent: true }),
      );
    }
    this.counters.answers++;
    ask.phase = "over";
    if (!ask.forgotten) ask.settle(undefined, bytes, start, end);
  }

  late(): void {
    this.counters.late++;
    this.silentTimeouts = 0;
  }

  /** Says nothing about the units, so it does not end their silence. */
  echo(): void {
    this.counters.echoes++;
  }

  garbage(bytes: number): void {
    this.counters.garbageBytes += bytes;
  }

  private receive(bytes: Buffer, length: number): void {
    if (this.over) return;
    this.receiving = true;
    this.framing.receive(bytes, length);
    this.receiving = false;
    if (this.framing.skipped > mostSkipped) this.end(new GatewayError("bad-answer", "what comes in is not Modbus"));
    else this.pump();
  }

  private pump(): void {
    const now = this.env.time.now();
    if (now < this.pauseUntilUs) return this.wakeAt(this.pauseUntilUs, now);
    let at = 0;
    for (let ask = this.lanes.next(now); ask && !this.over; ask = this.lanes.next(now)) {
      at = this.framing.write(ask, this.out, at);
      this.counters.requests++;
      if (ask.broadcast) this.sentToAll(ask, now);
      else this.sent(ask, now);
      if (at + longestFrame > this.out.length) at = this.flush(at);
    }
    if (at > 0) this.flush(at);
    const rest = this.lanes.waiting > 0 ? this.lanes.restEnds(now) : undefined;
    if (rest !== undefined) this.wakeAt(rest, now);
  }

  private flush(length: number): number {
    this.stream.write(Buffer.from(this.out.subarray(0, length)));
    return 0;
  }

  private sent(ask: Ask, now: number): void {
    ask.phase = "flying";
    ask.deadlineUs = now + ask.timeoutMs * usPerMs;
    this.flying.add(ask);
    this.wakeAt(ask.deadlineUs, now);
  }

  /** A broadcast is over when it is sent; the standard asks to leave the units a moment to act on it. */
  private sentToAll(ask: Ask, now: number): void {
    this.lanes.finish(ask, "answered");
    this.pauseUntilUs = now + 100 * usPerMs;
    queueMicrotask(() => this.finish(ask, undefined));
  }

  private wakeAt(dueUs: number, now: number): void {
    if (dueUs >= this.wakeUs || this.over) return;
    this.cancelWake?.();
    this.wakeUs = dueUs;
    this.cancelWake = this.env.timers.after(Math.max(0, (dueUs - now) / usPerMs), () => {
      // An answer may have come while this process was busy: let it be read before it counts as late.
      this.cancelWake = this.env.timers.after(0, () => this.wake());
    });
  }

  private wake(): void {
    this.wakeUs = Infinity;
    this.cancelWake = undefined;
    const now = this.env.time.now();
    for (const ask of this.flying) if (ask.deadlineUs <= now) this.expire(ask, now);
    if (this.over) return;
    for (const ask of this.flying) this.wakeAt(ask.deadlineUs, now);
    this.pump();
  }

  private expire(ask: Ask, now: number): void {
    this.flying.delete(ask);
    const restUntilUs = this.framing.restsAfterTimeout ? now + 2 * ask.timeoutMs * usPerMs : 0;
    this.lanes.finish(ask, "silent", restUntilUs);
    this.counters.timeouts++;
    if (!ask.probe) this.silentTimeouts++;
    const instead = this.framing.inPlaceOfAnswer(ask);
    const words = `unit ${ask.unit} did not answer within ${ask.timeoutMs} ms${instead ? `; ${instead}` : ""}`;
    this.finish(ask, new GatewayError("timeout", words, { sent: true }));
    this.framing.forget(ask);
    if (this.silentTimeouts >= this.options.giveUpAfter && this.lanes.allSilent()) {
      this.end(new GatewayError("link-lost", `${this.silentTimeouts} requests in a row timed out and no answer came in`));
    }
  }

  private finish(ask: Ask, error: GatewayError | undefined): void {
    if (ask.phase === "over") return;
    ask.phase = "over";
    if (!ask.forgotten) ask.settle(error, nothing, 0, 0);
  }
}

function unsent(error: GatewayError): GatewayError {
  return new GatewayError(error.code, error.message, { cause: error.cause, sent: false });
}
