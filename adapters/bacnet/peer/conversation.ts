import { GatewayError } from "#src/kit/errors.ts";
import { planReads, type ReadChunk, type Wanted } from "../plan.ts";
import type { Application } from "../transaction/application.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { Malformed } from "../wire/malformed.ts";
import { confirmed } from "../wire/services/choices.ts";
import {
  decodeReadMultipleAck,
  decodeReadPropertyAck,
  encodeReadMultiple,
  encodeReadProperty,
  encodeWriteProperty,
  type PropertyWrite,
} from "../wire/services/property-access.ts";
import { objectKey, sameObject, type BacnetError, type BacnetValue } from "../wire/value.ts";
import { formatAddress } from "../address.ts";
import type { Peer } from "./peer.ts";

/** What one wanted property came back as. */
export type Got = { readonly values: readonly BacnetValue[] } | { readonly error: BacnetError } | { readonly problem: string };

export interface ConversationOptions {
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Questions and answers with devices: each sized to what the device can take, corrected by what it refuses. */
export class Conversation {
  readonly application: Application;
  readonly #options: ConversationOptions;

  constructor(application: Application, options: ConversationOptions) {
    this.application = application;
    this.#options = options;
  }

  /** One confirmed service. `once` for whatever must not be said twice. */
  async ask(
    peer: Peer,
    service: number,
    data: Buffer,
    about: { what: string; signal: AbortSignal; once?: boolean; large?: boolean; retries?: number },
  ): Promise<Buffer> {
    const answer = await this.application.requester.request(peer.station, {
      service,
      data,
      limits: peer.limits,
      timeoutMs: this.#options.timeoutMs,
      retries: about.once === true ? 0 : (about.retries ?? this.#options.retries),
      ...(about.large === true && { large: true }),
      signal: about.signal,
      what: `${about.what} at ${peer.name}`,
    });
    peer.heard = true;
    return answer;
  }

  /** One property; what the device refuses is an error here. */
  async read(peer: Peer, wanted: Wanted, signal: AbortSignal, retries?: number): Promise<readonly BacnetValue[]> {
    const what = `reading ${formatAddress(wanted)}`;
    const data = await this.ask(peer, confirmed.readProperty, encodeReadProperty(wanted), {
      what,
      signal,
      large: true,
      ...(retries !== undefined && { retries }),
    });
    return understood(what, () => {
      const answer = decodeReadPropertyAck(data);
      if (!sameObject(answer.object, wanted.object) && wanted.object.type !== 8) throw new Malformed("an answer about another object");
      if (answer.property !== wanted.property) throw new Malformed("an answer about another property");
      return answer.values;
    });
  }

  async write(peer: Peer, write: PropertyWrite, signal: AbortSignal): Promise<void> {
    await this.ask(peer, confirmed.writeProperty, encodeWriteProperty(write), {
      what: `writing ${formatAddress(write)}`,
      signal,
      once: true,
    });
  }

  /**
   * Many properties, in the order asked. Refusals of single properties are part of the answer; rejects when the device as a
   * whole does not answer.
   */
  async readAll(peer: Peer, wanted: readonly Wanted[], signal: AbortSignal): Promise<readonly Got[]> {
    const got = new Array<Got>(wanted.length).fill({ problem: "the device left it out of its answer" });
    const chunks = peer.readsMultiple ? planReads(wanted, peer.budget) : [];
    if (peer.readsMultiple) await all(chunks.map((chunk) => this.#readChunk(peer, wanted, chunk, got, signal)));
    else
      await this.#readSingly(
        peer,
        wanted,
        wanted.map((_, i) => i),
        got,
        signal,
      );
    return got;
  }

  async #readChunk(peer: Peer, wanted: readonly Wanted[], chunk: ReadChunk, got: Got[], signal: AbortSignal): Promise<void> {
    if (!peer.readsMultiple) return this.#readSingly(peer, wanted, chunk.wanted, got, signal);
    const data = encodeReadMultiple(chunk.specs);
    const what = `reading ${chunk.wanted.length} properties`;
    let answer: Buffer;
    try {
      answer = await this.ask(peer, confirmed.readPropertyMultiple, data, { what, signal });
    } catch (error) {
      return this.#afterRefusal(peer, wanted, chunk, got, signal, error);
    }
    peer.provenItems = Math.max(peer.provenItems, chunk.wanted.length);
    understood(what, () => place(answer, wanted, chunk, got));
  }

  async #afterRefusal(
    peer: Peer,
    wanted: readonly Wanted[],
    chunk: ReadChunk,
    got: Got[],
    signal: AbortSignal,
    error: unknown,
  ): Promise<void> {
    if (error instanceof GatewayError && error.code === "timeout" && !(error instanceof DeviceRefusal)) {
      await this.#isItTheSize(peer, wanted, chunk, signal, error);
      return this.#readHalves(peer, wanted, chunk, got, signal);
    }
    if (!(error instanceof DeviceRefusal)) throw error;
    if (error.unknownService) {
      peer.readsMultiple = false;
      return this.#readSingly(peer, wanted, chunk.wanted, got, signal);
    }
    if (chunk.wanted.length === 1) return this.#readSingly(peer, wanted, chunk.wanted, got, signal);
    if (error.tooLong) peer.shrink(peer.budget.answer);
    // Some devices refuse the whole message for one property they do not know: halving finds it.
    return this.#readHalves(peer, wanted, chunk, got, signal);
  }

  /**
   * Silence may mean that the device is gone or that this message was too much for it, which some do not say. Only a device
   * that has spoken before and was never seen answering as much is asked one small thing to find out.
   */
  async #isItTheSize(peer: Peer, wanted: readonly Wanted[], chunk: ReadChunk, signal: AbortSignal, error: GatewayError): Promise<void> {
    if (!peer.heard || chunk.wanted.length < 2 || chunk.wanted.length <= peer.provenItems) throw error;
    try {
      await this.read(peer, wanted[chunk.wanted[0]!]!, signal, 0);
    } catch (small) {
      if (!(small instanceof DeviceRefusal)) throw error;
    }
    peer.shrink(peer.budget.answer);
  }

  async #readHalves(peer: Peer, wanted: readonly Wanted[], chunk: ReadChunk, got: Got[], signal: AbortSignal): Promise<void> {
    const middle = Math.ceil(chunk.wanted.length / 2);
    for (const half of [chunk.wanted.slice(0, middle), chunk.wanted.slice(middle)]) {
      const part = half.map((index) => wanted[index]!);
      for (const piece of planReads(part, peer.budget)) {
        await this.#readChunk(peer, wanted, { specs: piece.specs, wanted: piece.wanted.map((at) => half[at]!) }, got, signal);
      }
    }
  }

  async #readSingly(peer: Peer, wanted: readonly Wanted[], indices: readonly number[], got: Got[], signal: AbortSignal): Promise<void> {
    await all(
      indices.map(async (index) => {
        try {
          got[index] = { values: await this.read(peer, wanted[index]!, signal) };
        } catch (error) {
          if (error instanceof DeviceRefusal)
            got[index] = error.refusal.kind === "error" ? { error: error.refusal } : { problem: error.message };
          else if (error instanceof GatewayError && error.code === "bad-answer") got[index] = { problem: error.message };
          else throw error;
        }
      }),
    );
  }
}

/** Puts the answers of a multiple read where they were asked for: nearly always in the order of the question. */
function place(answer: Buffer, wanted: readonly Wanted[], chunk: ReadChunk, got: Got[]): void {
  const strays = new Map<string, Got>();
  let next = 0;
  for (const { object, results } of decodeReadMultipleAck(answer)) {
    for (const result of results) {
      const one: Got = "values" in result ? { values: result.values } : { error: result.error };
      const index = chunk.wanted[next];
      const asked = index === undefined ? undefined : wanted[index];
      if (asked && asked.property === result.property && asked.index === result.index && sameObject(asked.object, object)) {
        got[index!] = one;
        next++;
      } else strays.set(keyOf({ object, property: result.property, ...(result.index !== undefined && { index: result.index }) }), one);
    }
  }
  if (strays.size === 0 && next === chunk.wanted.length) return;
  for (const index of chunk.wanted.slice(next)) {
    const one = strays.get(keyOf(wanted[index]!));
    if (one) got[index] = one;
  }
}

function keyOf({ object, property, index }: Wanted): string {
  return `${objectKey(object)}.${property}.${index ?? ""}`;
}

/** Runs a reader of an answer; what it cannot read is the device's mistake. */
export function understood<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new GatewayError("bad-answer", `${what}: ${error.message}`, { cause: error, sent: true });
  }
}

/** Waits for all of them even when one fails, so that nothing goes on behind the caller's back, then throws the first failure. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason as Error;
}
