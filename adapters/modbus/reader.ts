import type { Reading } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { isBitTable } from "./address.ts";
import { Ask } from "./ask.ts";
import { bitReading, type RegisterDecoder } from "./codec.ts";
import type { Device, ReadPlan } from "./device.ts";
import type { Exchange } from "./exchange.ts";
import { exceptionOf, exceptionWords } from "./exceptions.ts";
import { splitBlock, type Block } from "./plan.ts";

/**
 * One read of one device: its blocks go out together, answers are decoded as they come. A block that is refused because of an
 * address in it is asked again in parts, down to the point that the device does not have; the plan remembers the parts.
 */
export class Reader {
  readonly done: Promise<readonly Reading[]>;
  private readonly exchange: Exchange;
  private readonly device: Device;
  private readonly plan: ReadPlan;
  private readonly isAwaited: boolean;
  private readonly decoder: RegisterDecoder;
  private readonly readings: Reading[];
  private readonly asks = new Set<Ask>();
  private resolve!: (readings: readonly Reading[]) => void;
  private reject!: (error: Error) => void;
  private over = false;
  /** Blocks as answered or refused in the end, by the planned block they come from; made when the first one is split. */
  private parts: Map<Block, { leaves: Block[]; anyGood: boolean }> | undefined;

  constructor(exchange: Exchange, device: Device, about: { plan: ReadPlan; count: number; isAwaited: boolean }, decoder: RegisterDecoder) {
    this.exchange = exchange;
    this.device = device;
    this.plan = about.plan;
    this.isAwaited = about.isAwaited;
    this.decoder = decoder;
    this.readings = new Array<Reading>(about.count);
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  start(): void {
    this.send(this.plan.next().map((block) => ({ block, root: block })));
  }

  /** Stops caring: what waits is not sent, what comes is dropped. */
  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    for (const ask of this.asks) this.exchange.forget(ask);
    this.reject(error);
  }

  private send(blocks: readonly { block: Block; root: Block }[]): void {
    const { unit } = this.device.limits;
    const asks = blocks.map(({ block, root }) => {
      const ask: Ask = new Ask({
        unit,
        question: block.question,
        timeoutMs: this.device.timeoutMs,
        urgent: this.isAwaited,
        settle: (error, bytes, start, end) => {
          this.asks.delete(ask);
          if (error) this.failed(block, root, error);
          else this.answered(block, root, bytes, start, end);
          if (this.asks.size === 0) this.finish();
        },
      });
      this.asks.add(ask);
      return ask;
    });
    this.exchange.ask(asks);
  }

  private failed(block: Block, root: Block, error: GatewayError): void {
    // An answer that makes no sense condemns what it was to answer; silence condemns the device.
    if (error.code !== "bad-answer") return this.fail(error);
    this.refuse(block, { raw: null, quality: quality.badDevice, reason: error.message });
    this.leaf(block, root, false);
  }

  private answered(block: Block, root: Block, bytes: Buffer, start: number, end: number): void {
    if (end - start === 2 && bytes[start]! >= 0x80) return this.excepted(block, root, bytes[start + 1]!);
    if (this.parts) this.leaf(block, root, true);
    const data = start + 2;
    const { readings, decoder } = this;
    const { indexes, offsets, forms } = block;
    if (isBitTable(block.table)) {
      for (let n = 0; n < indexes.length; n++) {
        const offset = offsets[n]!;
        readings[indexes[n]!] = bitReading(((bytes[data + (offset >> 3)]! >> (offset & 7)) & 1) === 1, forms[n]!.kind);
      }
      return;
    }
    for (let n = 0; n < indexes.length; n++) readings[indexes[n]!] = decoder.decode(forms[n]!, bytes, data + offsets[n]! * 2);
  }

  private excepted(block: Block, root: Block, number: number): void {
    const exception = exceptionOf(number);
    if (exception.fromGateway) {
      return this.fail(new GatewayError(exception.code, `unit ${this.device.limits.unit}: ${exceptionWords(number)}`, { sent: true }));
    }
    const parts = exception.dependsOnRange ? splitBlock(block) : [];
    if (parts.length > 0) {
      this.parts ??= new Map();
      if (!this.parts.has(root)) this.parts.set(root, { leaves: [], anyGood: false });
      return this.send(parts.map((part) => ({ block: part, root })));
    }
    this.refuse(block, { raw: null, quality: exception.quality, reason: exceptionWords(number) });
    this.leaf(block, root, false);
  }

  private refuse(block: Block, reading: Reading): void {
    for (const index of block.indexes) this.readings[index] = reading;
  }

  private leaf(block: Block, root: Block, isGood: boolean): void {
    const parts = this.parts?.get(root);
    if (!parts) return;
    parts.leaves.push(block);
    parts.anyGood ||= isGood;
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    const { parts } = this;
    // Where every part was refused nothing was learned about addresses: the whole is worth one question next time, not many.
    if (parts) this.plan.learn(this.plan.next().flatMap((block) => (parts.get(block)?.anyGood ? parts.get(block)!.leaves : [block])));
    this.resolve(this.readings);
  }
}
