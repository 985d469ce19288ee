import type { Cancel } from "../environment.ts";
import { OrderedInbox } from "./ordered-inbox.ts";
import { Reassembly } from "./reassembly.ts";
import { RepairRequests } from "./repair-requests.ts";
import type { Sample } from "./sample.ts";
import { nextState } from "../state-table.ts";
import type { Data, DataFragments, Gap, Heartbeat, HeartbeatFragments } from "../wire/submessage.ts";
import { syncTable, type SyncEvent, type SyncState } from "./sync-state.ts";
import { toSample, type MatchedWriter, type ProxyContext, type WriterProxy } from "./writer-proxy.ts";

/** The first wait before saying hello again to a writer that has not told its range, doubled up to the last. */
const helloAgainMs = { first: 200, last: 3000 };
/**
 * Hellos without an answer since something came, until that is taken for the beginning: about a second and a half. Those before do
 * not count: Fast DDS answers none while it has written nothing.
 */
const unansweredHellos = 3;
/** The first wait before asking again for what has not come, doubled up to the last. */
const askAgainMs = { first: 30, last: 500 };
/** Heartbeats in a row that end before what we already have, until we believe that the writer counts anew. */
const backwardHeartbeats = 3;

/** Delivers every sample of a reliable writer once and in order, asking for what is missing. */
export class ReliableProxy implements WriterProxy {
  readonly guid: string;
  private readonly context: ProxyContext;
  private readonly inbox: OrderedInbox<Sample>;
  private readonly reassembly: Reassembly;
  private readonly requests: RepairRequests;
  private state: SyncState = "waiting";
  private lastKnown = 0;
  private backward = 0;
  private timer: Cancel | undefined;
  private dueMs = 0;
  private waitMs = helloAgainMs.first;
  private hellos = 0;
  private closed = false;

  constructor(writer: MatchedWriter, context: ProxyContext) {
    this.guid = writer.guid;
    this.context = context;
    this.inbox = new OrderedInbox((sample) => context.deliver(sample), context.budget, context.limits.outOfOrderSamples);
    this.reassembly = new Reassembly(context.budget, context.limits.sampleBytes);
    this.requests = new RepairRequests(writer, context, this.inbox, this.reassembly);
    this.hello();
  }

  data(data: Data): void {
    this.accept(toSample(data, this.guid, data.payload, this.context.env));
  }

  fragments(part: DataFragments): void {
    const { stats, env } = this.context;
    if (this.inbox.has(part.sequence)) {
      stats.duplicates++;
      return;
    }
    const added = this.reassembly.add(part, env.monoMs());
    switch (added.result) {
      case "complete":
        this.requests.sampleBytes = added.payload.length;
        this.accept(toSample({ ...part, inline: added.inline }, this.guid, added.payload, env));
        return;
      case "too-large":
        stats.tooLarge++;
        this.countLost(1);
        this.inbox.skip(part.sequence, part.sequence + 1);
        return;
      case "refused":
        stats.refused++;
        return;
      case "partial":
        if (this.state === "asked" && this.requests.arrived(part.sequence, part.first + part.count - 1)) this.missing(false);
        // A later sample has begun, so whatever lies before it should have arrived by now.
        else if (this.state !== "waiting" && part.sequence - 1 > this.lastKnown) this.noticeUpTo(part.sequence - 1);
    }
  }

  heartbeat(beat: Heartbeat): void {
    if (this.countsAnew(beat)) this.inbox.restartAt(beat.last + 1);
    if (this.state === "waiting") this.beginAt(beat.first);
    else if (beat.first > this.inbox.next) {
      this.countLost(this.inbox.giveUpBelow(beat.first));
      this.reassembly.dropBelow(this.inbox.next);
    }
    this.lastKnown = Math.max(this.lastKnown, beat.last);
    if (this.inbox.next <= this.lastKnown) this.missing(true);
    else {
      this.filled();
      if (!beat.final) this.requests.acknowledge(true);
    }
  }

  gap(gap: Gap): void {
    // Before anything else is known of the writer, this says where it begins for us.
    const wasWaiting = this.state === "waiting";
    if (wasWaiting && gap.start <= this.inbox.next) this.beginAt(gap.before);
    // The writer has overwritten them before they could be repaired.
    let gone = this.inbox.skip(gap.start, gap.before);
    for (const sequence of gap.further) gone += this.inbox.skip(sequence, sequence + 1);
    if (!wasWaiting) this.countLost(gone);
    this.reassembly.dropBelow(this.inbox.next);
    this.progressed(this.requests.arrived(gap.before - 1));
  }

  heartbeatFragments(beat: HeartbeatFragments): void {
    if (!this.inbox.has(beat.sequence) && this.state !== "waiting") this.noticeUpTo(Math.max(beat.sequence, this.lastKnown));
  }

  close(): void {
    this.closed = true;
    this.timer?.();
    this.inbox.clear();
    this.reassembly.clear();
  }

  private accept(sample: Sample): void {
    // Nothing can have been written before number one. Of any other first sample nobody knows: it is held until the writer says.
    if (this.state === "waiting" && sample.sequence === 1) this.beginAt(1);
    const put = this.inbox.put(sample.sequence, sample, sample.payload.length, this.state !== "waiting");
    if (this.closed) return;
    const roundDone = this.requests.arrived(sample.sequence);
    switch (put) {
      case "duplicate":
        this.context.stats.duplicates++;
        return;
      case "refused":
        this.context.stats.refused++;
        return;
      case "delivered":
        if (this.state !== "following") this.progressed(roundDone);
        return;
      case "held":
        if (this.state === "waiting") return this.inbox.heldCount === 1 ? this.helloAtOnce() : undefined;
        if (sample.sequence > this.lastKnown) this.noticeUpTo(sample.sequence);
        else if (roundDone) this.missing(false);
    }
  }

  private noticeUpTo(sequence: number): void {
    this.lastKnown = Math.max(this.lastKnown, sequence);
    if (this.inbox.next <= this.lastKnown) this.missing(false);
  }

  private missing(fromHeartbeat: boolean): void {
    this.step("missing");
    if (this.state !== "behind" && this.state !== "asked") return;
    const asked = this.requests.ask(this.lastKnown, fromHeartbeat);
    if (asked.sent) {
      this.step("asked");
      this.arm(this.waitMs);
    } else if (this.timer === undefined || this.dueMs > this.context.env.monoMs() + asked.againInMs) {
      this.arm(asked.againInMs);
    }
  }

  private progressed(roundDone: boolean): void {
    if (this.state === "waiting") return;
    if (this.inbox.next > this.lastKnown) this.filled();
    else {
      this.waitMs = askAgainMs.first;
      // Everything of the last request has come, so the next stretch can be asked for at once.
      if (roundDone) this.missing(false);
    }
  }

  private filled(): void {
    this.step("filled");
    this.waitMs = askAgainMs.first;
    this.timer?.();
    this.timer = undefined;
  }

  private beginAt(sequence: number): void {
    this.inbox.beginAt(sequence);
    this.step("range-known");
  }

  /** The first sample that is held cannot be handed over without an answer, so the long pauses of a quiet writer are over. */
  private helloAtOnce(): void {
    this.hellos = 0;
    this.waitMs = helloAgainMs.first;
    this.hello();
  }

  private hello(): void {
    const first = this.inbox.firstHeld;
    if (this.hellos++ >= unansweredHellos && !this.context.wantsHistory && first !== undefined) return this.beginAt(first);
    if (this.hellos > 1 && first !== undefined && !this.context.wantsHistory) this.requests.askBefore(first);
    else this.requests.acknowledge(false);
    this.arm(this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, helloAgainMs.last);
  }

  private arm(ms: number): void {
    this.timer?.();
    this.dueMs = this.context.env.monoMs() + ms;
    this.timer = this.context.env.after(ms, () => {
      this.timer = undefined;
      if (this.state === "waiting") return this.hello();
      this.step("ask-again");
      if (this.state !== "behind") return;
      this.waitMs = Math.min(this.waitMs * 2, askAgainMs.last);
      this.missing(false);
    });
  }

  private step(event: SyncEvent): void {
    const before = this.state;
    this.state = nextState(syncTable, this.state, event);
    if (before === "waiting" && this.state !== "waiting") {
      this.timer?.();
      this.timer = undefined;
      this.waitMs = askAgainMs.first;
    }
  }

  private countsAnew(beat: Heartbeat): boolean {
    this.backward = this.state !== "waiting" && beat.last + 1 < this.inbox.next ? this.backward + 1 : 0;
    if (this.backward < backwardHeartbeats) return false;
    this.backward = 0;
    this.lastKnown = 0;
    return true;
  }

  private countLost(count: number): void {
    if (count === 0) return;
    this.context.stats.lost += count;
    this.context.lost(this.guid, count);
  }
}
