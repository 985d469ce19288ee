import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { usPerSecond, type Timestamp } from "#msgs/time.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { ConfiguredDevice } from "../peer/devices.ts";
import type { Peer } from "../peer/peer.ts";
import { plainValues } from "../points/value-text.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import type { CovSubscriptions } from "./subscriptions.ts";

export interface LifeCheckOptions {
  readonly checkS: number;
  readonly closing: AbortSignal;
  readonly onRestart: (device: ConfiguredDevice, peer: Peer, how: string) => void;
  /** Datagrams that reached this machine and were thrown away: changes nobody will tell again may be among them. */
  readonly dropped: () => number;
}

/** Seconds between two looks at a device because it announced itself: an endless stream of I-Ams is one look at a time. */
const patienceS = 2;

interface Life {
  restartedAt?: string;
  down: boolean;
  looking: boolean;
  looked: Timestamp;
}

/**
 * Watches devices that are only listened to: a device that died says nothing, and one that restarted has forgotten its
 * subscriptions and says nothing either. Asks now and then, and at once when a device announces itself.
 */
export class LifeCheck {
  readonly #conversation: Conversation;
  readonly #env: AdapterEnv;
  readonly #cov: CovSubscriptions;
  readonly #options: LifeCheckOptions;
  readonly #lives = new Map<ConfiguredDevice, Life>();
  readonly #cancel: Cancel;
  #dropped: number;

  constructor(conversation: Conversation, env: AdapterEnv, cov: CovSubscriptions, options: LifeCheckOptions) {
    this.#conversation = conversation;
    this.#env = env;
    this.#cov = cov;
    this.#options = options;
    this.#dropped = options.dropped();
    this.#cancel = env.timers.every(options.checkS * 1000, () => this.#round());
  }

  /** It is listened to from now on: when it was started has to be known before it can be seen to start again. */
  begin(device: ConfiguredDevice, peer: Peer): void {
    if (!this.#lives.has(device)) void this.look(device, peer, false);
  }

  /** The device said who it is without being asked: that is what devices do when they start. */
  announced(device: ConfiguredDevice, peer: Peer): void {
    const life = this.#lives.get(device);
    if (life && this.#env.time.now() - life.looked < patienceS * usPerSecond) return;
    void this.look(device, peer, true);
  }

  async look(device: ConfiguredDevice, peer: Peer, announced: boolean): Promise<void> {
    const life = this.#lives.get(device) ?? { down: false, looking: false, looked: 0 };
    this.#lives.set(device, life);
    if (life.looking) return;
    life.looking = true;
    life.looked = this.#env.time.now();
    try {
      const restartedAt = await this.#restartOf(peer);
      await this.#judge(device, peer, life, restartedAt, announced);
    } catch (error) {
      this.#lost(device, life, error);
    } finally {
      life.looking = false;
    }
  }

  forget(device: ConfiguredDevice): void {
    this.#lives.delete(device);
  }

  close(): void {
    this.#cancel();
    this.#lives.clear();
  }

  #round(): void {
    const dropped = this.#options.dropped();
    if (dropped > this.#dropped) {
      this.#env.log.warn("the system dropped BACnet messages, changes are read instead", { dropped: dropped - this.#dropped });
      this.#cov.distrust();
    }
    this.#dropped = dropped;
    for (const [device, peer] of this.#cov.devices()) void this.look(device, peer, false);
  }

  async #judge(device: ConfiguredDevice, peer: Peer, life: Life, restartedAt: string | undefined, announced: boolean): Promise<void> {
    const restarted = life.restartedAt !== undefined && restartedAt !== undefined && restartedAt !== life.restartedAt;
    // A device that does not tell when it started is taken at its announcement.
    const likely = restartedAt === undefined && announced;
    const wasDown = life.down;
    life.down = false;
    if (restartedAt !== undefined) life.restartedAt = restartedAt;
    if (restarted) this.#options.onRestart(device, peer, "it says so");
    else if (likely) this.#options.onRestart(device, peer, "it announced itself");
    if (restarted || likely || wasDown) await this.#cov.again(device);
    await this.#cov.readDoubtful(device, peer);
  }

  async #restartOf(peer: Peer): Promise<string | undefined> {
    try {
      const values = await this.#conversation.read(
        peer,
        { object: { type: 8, instance: peer.instance }, property: P.TIME_OF_DEVICE_RESTART },
        this.#options.closing,
      );
      return JSON.stringify(plainValues(values));
    } catch (error) {
      if (error instanceof DeviceRefusal) return undefined;
      throw error;
    }
  }

  #lost(device: ConfiguredDevice, life: Life, error: unknown): void {
    if (!(error instanceof GatewayError) || error.code === "closed" || life.down) return;
    life.down = true;
    this.#cov.unreachable(device, messageOf(error));
  }
}
