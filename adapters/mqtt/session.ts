import type { IPublishPacket, MqttClient } from "mqtt";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import { Acknowledgements, acknowledgementOf } from "./acknowledgements.ts";
import type { Telling } from "./command.ts";
import type { Incoming } from "./device.ts";
import type { Wanted } from "./plan.ts";
import { goodbyeOf, refusalOf } from "./refusals.ts";

export interface SessionOptions {
  readonly where: string;
  readonly timeoutMs: number;
  /** Messages the gateway could not store are left with the broker, because it keeps them for us. */
  readonly isKept: boolean;
}

/** Filters in one SUBSCRIBE packet. */
const filtersAtOnce = 100;
/** With so many messages left unacknowledged the broker's window is too small to go on in; a new link begins with a whole one. */
const leftAtMost = 10;
/** How long the other side may take to end the connection after our goodbye. */
const goodbyeMs = 250;

/**
 * Handed to the library instead of an acknowledgement: it goes on to the next packet without sending one, and we send our own
 * when the message is durable. Waiting inside its handler would hold up everything behind the message, pings included.
 */
const acknowledgedLater = new Error("this message is acknowledged when it is stored");

/** One open connection to a broker, over the client library. Nothing is sent twice and nothing reconnects by itself. */
export class Session {
  readonly lost: Promise<GatewayError>;
  readonly acknowledgements: Acknowledgements;
  isSessionPresent = false;
  private readonly client: MqttClient;
  private readonly env: AdapterEnv;
  private readonly options: SessionOptions;
  private readonly receive: (message: Incoming) => void;
  /** QoS 2 messages that are ours already and that the broker has not released: a repetition is not a second message. */
  private readonly unreleased = new Set<number>();
  private readonly pending = new Set<(error: GatewayError) => void>();
  private settleLost!: (error: GatewayError) => void;
  private over: GatewayError | undefined;
  private goodbye: string | undefined;
  private lastReason = 0;

  constructor(client: MqttClient, env: AdapterEnv, options: SessionOptions, receive: (message: Incoming) => void) {
    this.client = client;
    this.env = env;
    this.options = options;
    this.receive = receive;
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    this.acknowledgements = new Acknowledgements((bytes) => this.write(bytes));
    client.handleMessage = (packet, done) => {
      this.take(packet);
      done(packet.qos === 0 ? undefined : acknowledgedLater);
    };
    client.options.customHandleAcks = (_topic, _payload, packet: IPublishPacket, done) => {
      if (packet.qos !== 2) return done(0);
      this.take(packet);
      done(acknowledgedLater);
    };
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "pubrel" && packet.messageId !== undefined) this.unreleased.delete(packet.messageId);
      // The library keeps a reason that is no error to itself.
      if (packet.cmd === "puback") this.lastReason = packet.reasonCode ?? 0;
    });
    client.on("disconnect", ({ reasonCode }) => (this.goodbye = goodbyeOf(reasonCode)));
    client.on("error", (error) => {
      if (error === acknowledgedLater) return;
      this.end(new GatewayError(codeOf(error), `${options.where}: ${messageOf(error)}`, { cause: error }));
    });
    client.on("close", () => this.end(new GatewayError("link-lost", `${options.where}: ${this.goodbye ?? goodbyeOf(undefined)}`)));
  }

  /** Throws why the link is gone, when it is. */
  assertOpen(): void {
    if (this.over) throw new GatewayError(this.over.code, this.over.message);
  }

  /** Resolves when the broker has it (QoS 1 and 2), or when it is written (QoS 0). The answer is the broker's reason code. */
  publish({ topic, payload, qos, retain }: Telling, signal: AbortSignal): Promise<number> {
    return this.exchange(`publishing on ${topic}`, signal, (resolve, reject) => {
      this.client.publish(topic, payload, { qos, retain }, (error) => {
        const reason = reasonOf(error) ?? (qos === 1 ? this.lastReason : 0);
        if (reason >= 128) reject(refusalOf(reason, topic, { sent: true }));
        else if (error) reject(new GatewayError("link-lost", `${topic}: ${messageOf(error)}`, { cause: error, sent: true }));
        else resolve(reason);
      });
    });
  }

  /** The filters that the broker refuses, each with its reason; the others are in effect. */
  async subscribe(wanted: readonly Wanted[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const chunks: (readonly Wanted[])[] = [];
    for (let at = 0; at < wanted.length; at += filtersAtOnce) chunks.push(wanted.slice(at, at + filtersAtOnce));
    const answers = await Promise.all(chunks.map((chunk) => this.subscribeChunk(chunk, signal)));
    return new Map(answers.flat());
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    if (filters.length === 0 || this.over) return;
    await this.exchange("unsubscribing", new AbortController().signal, (resolve) =>
      this.client.unsubscribe([...filters], () => resolve(0)),
    ).catch((error: unknown) => this.env.log.debug("the broker did not take back a subscription", { why: messageOf(error) }));
  }

  /** A goodbye, and the end. */
  close(): Promise<void> {
    this.end(new GatewayError("closed", "this link was closed"));
    const { stream } = this.client;
    if (stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.env.timers.after(goodbyeMs, () => stream.destroy());
      stream.once("close", () => (cancel(), resolve()));
      stream.end(Uint8Array.of(0xe0, 0));
    });
  }

  private take(packet: IPublishPacket): void {
    const { topic, payload, qos, retain, dup, messageId } = packet;
    const about = { topic, payload: bytesOf(payload), qos, isRetained: retain, isRepeat: dup };
    if (qos === 0 || messageId === undefined) return this.receive({ ...about, settle: () => {} });
    const settle = this.acknowledgements.expect(acknowledgementOf(qos, messageId));
    if (qos === 2 && this.unreleased.has(messageId)) return settle(true);
    if (qos === 2) this.unreleased.add(messageId);
    this.receive({ ...about, settle: (isStored) => this.settled(settle, isStored) });
  }

  private settled(settle: (isStored: boolean) => void, isStored: boolean): void {
    // Nobody would bring it again, so the broker may as well forget it: what was not stored is told as a gap by the host.
    settle(isStored || !this.options.isKept);
    if (this.acknowledgements.left >= leftAtMost)
      this.end(new GatewayError("busy", `${this.acknowledgements.left} messages could not be stored; the broker is to send them again`));
  }

  private async subscribeChunk(chunk: readonly Wanted[], signal: AbortSignal): Promise<[string, number][]> {
    const refused: [string, number][] = [];
    await this.exchange("subscribing", signal, (resolve, reject) => {
      const topics = Object.fromEntries(chunk.map(({ filter, qos }) => [filter, { qos }]));
      this.client.subscribe(topics, (error, _granted, packet) => {
        const answers = packet?.granted ?? [];
        if (answers.length !== chunk.length)
          return reject(new GatewayError("bad-answer", `the broker answered ${answers.length} of ${chunk.length} subscriptions`, { cause: error })); // prettier-ignore
        for (const [index, answer] of answers.entries()) {
          const reason = typeof answer === "number" ? answer : (answer as { qos: number }).qos;
          if (reason >= 128) refused.push([chunk[index]!.filter, reason]);
        }
        resolve(0);
      });
    });
    return refused;
  }

  /** One question to the broker, settled once: by its answer, too late, given up, or with the end of the link. */
  private exchange(
    what: string,
    signal: AbortSignal,
    ask: (resolve: (answer: number) => void, reject: (error: GatewayError) => void) => void,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(givenUp(signal, what));
      if (this.over) return reject(new GatewayError(this.over.code, this.over.message));
      let cancel: Cancel = () => {};
      const settle = () => {
        cancel();
        signal.removeEventListener("abort", onAbort);
        this.pending.delete(fail);
      };
      const fail = (error: GatewayError) => {
        settle();
        reject(error);
      };
      const onAbort = () => fail(givenUp(signal, what, { sent: true }));
      const { timeoutMs, where } = this.options;
      cancel = this.env.timers.after(timeoutMs, () =>
        fail(new GatewayError("timeout", `${where} did not acknowledge ${what} within ${timeoutMs} ms`, { sent: true })),
      );
      signal.addEventListener("abort", onAbort, { once: true });
      this.pending.add(fail);
      const done = (answer: number) => {
        settle();
        resolve(answer);
      };
      ask(done, fail);
    });
  }

  private write(bytes: Uint8Array): void {
    const { stream } = this.client;
    if (!this.over && !stream.destroyed) stream.write(bytes);
  }

  /** Only the first call counts. */
  private end(error: GatewayError): void {
    if (this.over) return;
    this.over = error;
    for (const fail of [...this.pending]) fail(new GatewayError(error.code, error.message, { sent: true }));
    if (error.code !== "closed") this.client.stream.destroy();
    this.settleLost(error);
  }
}

function bytesOf(payload: string | Buffer): Uint8Array {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}

function reasonOf(carrier: unknown): number | undefined {
  if (typeof carrier !== "object" || carrier === null) return undefined;
  const { code } = carrier as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

function codeOf(error: unknown): "link-lost" | "bad-answer" {
  const { code } = error as { code?: unknown };
  return typeof code === "string" || /keepalive/i.test(messageOf(error)) ? "link-lost" : "bad-answer";
}
