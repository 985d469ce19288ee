import { Reassembly } from "./reassembly.ts";
import type { Sample } from "./sample.ts";
import type { Data, DataFragments, Gap, Heartbeat, HeartbeatFragments } from "../wire/submessage.ts";
import { toSample, type MatchedWriter, type ProxyContext, type WriterProxy } from "./writer-proxy.ts";

/** Hands over whatever arrives that is newer than what was handed over before. Nothing is ever asked for. */
export class BestEffortProxy implements WriterProxy {
  readonly guid: string;
  private readonly context: ProxyContext;
  private readonly reassembly: Reassembly;
  private next: number | undefined;

  constructor(writer: MatchedWriter, context: ProxyContext) {
    this.guid = writer.guid;
    this.context = context;
    this.reassembly = new Reassembly(context.budget, context.limits.sampleBytes);
  }

  data(data: Data): void {
    this.accept(toSample(data, this.guid, data.payload, this.context.env));
  }

  fragments(part: DataFragments): void {
    const { stats, env } = this.context;
    if (this.next !== undefined && part.sequence < this.next) {
      stats.duplicates++;
      return;
    }
    const added = this.reassembly.add(part, env.monoMs());
    if (added.result === "complete") this.accept(toSample({ ...part, inline: added.inline }, this.guid, added.payload, env));
    else if (added.result === "too-large") stats.tooLarge++;
    else if (added.result === "refused") stats.refused++;
  }

  heartbeat(_beat: Heartbeat): void {}
  gap(_gap: Gap): void {}
  heartbeatFragments(_beat: HeartbeatFragments): void {}

  close(): void {
    this.reassembly.clear();
  }

  private accept(sample: Sample): void {
    const { stats } = this.context;
    if (this.next !== undefined && sample.sequence < this.next) {
      stats.duplicates++;
      return;
    }
    if (this.next !== undefined && sample.sequence > this.next) this.countLost(sample.sequence - this.next);
    this.next = sample.sequence + 1;
    this.reassembly.dropBelow(this.next);
    this.context.deliver(sample);
  }

  private countLost(count: number): void {
    this.context.stats.lost += count;
    this.context.lost(this.guid, count);
  }
}
