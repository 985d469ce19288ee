import type { AdapterEnv, Binding, Push, PushedReading, Subscription } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { quality } from "#msgs/quality.ts";
import { usPerSecond, type Timestamp } from "#msgs/time.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Station } from "../link/station.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { ConfiguredDevice } from "../peer/devices.ts";
import type { Peer } from "../peer/peer.ts";
import { reading, readPoints, type AddressedBinding } from "../points/read-points.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { confirmed } from "../wire/services/choices.ts";
import { encodeSubscribeCov, type CovNotification, type CovSubscription } from "../wire/services/cov.ts";
import { objectKey } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";

/** One subscription at a device: an object's present value, or one property; several points may hang on it. */
interface Watched {
  readonly device: ConfiguredDevice;
  readonly peer: Peer;
  readonly request: Omit<CovSubscription, "lifetimeSeconds">;
  readonly points: AddressedBinding[];
  readonly push: Push;
  renewAt: Timestamp;
  /** The device took it once and does not take it any more: it is asked at every check instead. */
  refused: boolean;
  /** A change of it may have been lost on the way: it is asked once at the next check. */
  doubtful: boolean;
}

export interface CovOptions {
  readonly lifetimeS: number;
  readonly closing: AbortSignal;
}

const process = 1;

/** Listens for changes: subscribes, renews after half a lifetime, hands notifications on as readings. */
export class CovSubscriptions {
  readonly #conversation: Conversation;
  readonly #env: AdapterEnv;
  readonly #options: CovOptions;
  readonly #watched = new Set<Watched>();
  /** By device instance and object, for notifications. */
  readonly #byObject = new Map<string, Set<Watched>>();
  readonly #cancel: Cancel;
  readonly counters = { notifications: 0, strangers: 0, renewals: 0, lost: 0, reread: 0 };

  constructor(conversation: Conversation, env: AdapterEnv, options: CovOptions) {
    this.#conversation = conversation;
    this.#env = env;
    this.#options = options;
    this.#cancel = env.timers.every(1_000, () => void this.#renewDue());
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Devices that are listened to, each once. */
  devices(): Map<ConfiguredDevice, Peer> {
    return new Map([...this.#watched].map(({ device, peer }) => [device, peer]));
  }

  /** Subscribes to points of one device. What the device does not take comes back in `refused`. */
  async subscribe(
    device: ConfiguredDevice,
    peer: Peer,
    points: readonly AddressedBinding[],
    push: Push,
    signal: AbortSignal,
  ): Promise<Subscription> {
    const refused: Binding[] = [];
    const taken: Watched[] = [];
    const wanted = this.#group(device, peer, points, push, refused);
    // One after the other would take a round trip each; the lane of the device bounds how many are under way.
    await Promise.all(
      wanted.map(async (watched) => {
        this.#add(watched);
        try {
          await this.#ask(watched, signal);
          taken.push(watched);
        } catch (error) {
          this.#remove(watched);
          refused.push(...watched.points.map(({ binding }) => binding));
          if (!(error instanceof DeviceRefusal)) this.#env.log.debug("not subscribed", { device: device.id, error: messageOf(error) });
        }
      }),
    );
    let closed: Promise<void> | undefined;
    return { refused, close: () => (closed ??= this.#drop(taken)) };
  }

  /** A notification came in. False when nobody here asked for it. */
  notify(notification: CovNotification, from: Station): boolean {
    const watching = this.#byObject.get(`${notification.device}.${objectKey(notification.object)}`);
    if (!watching || notification.process !== process) return this.#stranger();
    let heard = false;
    for (const watched of watching) {
      if (watched.peer.station.key !== from.key) continue;
      heard = true;
      this.#hand(watched, notification);
    }
    if (!heard) return this.#stranger();
    this.counters.notifications++;
    return true;
  }

  /** The device forgot: it restarted, or was away. All its subscriptions are asked for again. */
  async again(device: ConfiguredDevice): Promise<void> {
    await Promise.all([...this.#watched].filter((watched) => watched.device === device).map((watched) => this.#renew(watched)));
  }

  /** The device does not answer: what it said last is not to be believed any more. */
  unreachable(device: ConfiguredDevice, reason: string): void {
    for (const { points, push } of [...this.#watched].filter((watched) => watched.device === device)) {
      push(points.map(({ binding }) => ({ binding, raw: null, quality: quality.badLink, reason })));
    }
  }

  /** Messages were lost unread: what nobody acknowledges may have been among them. A confirmed change is sent again. */
  distrust(): void {
    for (const watched of this.#watched) watched.doubtful ||= !watched.request.confirmed;
  }

  /** Asks for what a device once took and then refused, and for what may have changed without our hearing of it. */
  async readDoubtful(device: ConfiguredDevice, peer: Peer): Promise<void> {
    const wanted = [...this.#watched].filter((one) => one.device === device && (one.refused || one.doubtful));
    for (const watched of wanted) watched.doubtful = false;
    const points = wanted.flatMap((watched) => watched.points);
    if (points.length === 0) return;
    this.counters.reread += points.length;
    const readings = await readPoints(this.#conversation, peer, points, device.flagless, this.#options.closing);
    let at = 0;
    for (const watched of wanted) {
      const some = readings.slice(at, (at += watched.points.length));
      if (this.#watched.has(watched)) watched.push(some.map((one, i) => ({ ...one, binding: watched.points[i]!.binding })));
    }
  }

  /** The device is not one of ours any more; what it goes on telling ends with the lifetime of the subscription. */
  forget(device: ConfiguredDevice): void {
    for (const watched of [...this.#watched]) if (watched.device === device) this.#remove(watched);
  }

  close(): void {
    this.#cancel();
    this.#watched.clear();
    this.#byObject.clear();
  }

  #group(device: ConfiguredDevice, peer: Peer, points: readonly AddressedBinding[], push: Push, refused: Binding[]): Watched[] {
    const groups = new Map<string, Watched>();
    for (const point of points) {
      const { address, binding } = point;
      const { object, property, index, cov } = address;
      const plain = property === P.PRESENT_VALUE && typeof cov !== "number";
      if (device.settings.cov === "off" || cov === "off" || (!plain && !peer.covProperty)) {
        refused.push(binding);
        continue;
      }
      const key = `${objectKey(object)}.${plain ? "" : `${property}.${index ?? ""}.${cov ?? ""}`}`;
      const known = groups.get(key);
      if (known) known.points.push(point);
      else {
        const ofProperty = plain
          ? {}
          : { property: index === undefined ? { property } : { property, index }, ...(typeof cov === "number" && { increment: cov }) };
        const request = { process, object, confirmed: device.settings.cov === "confirmed", ...ofProperty };
        groups.set(key, { device, peer, request, points: [point], push, renewAt: 0, refused: false, doubtful: false });
      }
    }
    return [...groups.values()];
  }

  async #ask(watched: Watched, signal: AbortSignal): Promise<void> {
    const { lifetimeS } = this.#options;
    const service = watched.request.property ? confirmed.subscribeCovProperty : confirmed.subscribeCov;
    const data = encodeSubscribeCov({ ...watched.request, lifetimeSeconds: lifetimeS });
    // Set before the answer, so that the next second does not ask again.
    watched.renewAt = this.#env.time.now() + (lifetimeS / 2) * usPerSecond;
    try {
      await this.#conversation.ask(watched.peer, service, data, { what: "subscribing", signal });
    } catch (error) {
      if (error instanceof DeviceRefusal && error.unknownService && watched.request.property) watched.peer.covProperty = false;
      throw error;
    }
  }

  async #renewDue(): Promise<void> {
    const now = this.#env.time.now();
    await Promise.all([...this.#watched].filter((watched) => watched.renewAt <= now).map((watched) => this.#renew(watched)));
  }

  async #renew(watched: Watched): Promise<void> {
    try {
      await this.#ask(watched, this.#options.closing);
      watched.refused = false;
      this.counters.renewals++;
    } catch (error) {
      // Silence is the business of the check that asks whether the device lives; only a no is taken as a no.
      if (error instanceof DeviceRefusal) watched.refused = true;
      this.counters.lost++;
    }
  }

  #hand(watched: Watched, notification: CovNotification): void {
    const flags = notification.values.find(({ property }) => property === P.STATUS_FLAGS)?.values[0];
    const readings: PushedReading[] = [];
    for (const { binding, address } of watched.points) {
      const value = notification.values.find(({ property, index }) => property === address.property && index === address.index);
      if (!value) continue;
      const status = flags?.type === "bits" && address.property === P.PRESENT_VALUE ? { flags: flags.value } : {};
      readings.push({ ...reading(address, binding, { values: value.values }, status), binding });
    }
    if (readings.length > 0) watched.push(readings);
  }

  async #drop(taken: readonly Watched[]): Promise<void> {
    for (const watched of taken) this.#remove(watched);
    const cancel = (watched: Watched) => {
      const service = watched.request.property ? confirmed.subscribeCovProperty : confirmed.subscribeCov;
      const { process: id, object, property } = watched.request;
      const data = encodeSubscribeCov({ process: id, object, ...(property && { property }) });
      return this.#conversation.ask(watched.peer, service, data, { what: "unsubscribing", signal: this.#options.closing, retries: 0 });
    };
    // Whether the device hears it matters little: what is not renewed ends by itself.
    await Promise.allSettled(taken.map(cancel));
  }

  #add(watched: Watched): void {
    this.#watched.add(watched);
    const key = keyOf(watched);
    const set = this.#byObject.get(key) ?? new Set();
    set.add(watched);
    this.#byObject.set(key, set);
  }

  #remove(watched: Watched): void {
    this.#watched.delete(watched);
    const set = this.#byObject.get(keyOf(watched));
    set?.delete(watched);
    if (set?.size === 0) this.#byObject.delete(keyOf(watched));
  }

  #stranger(): boolean {
    this.counters.strangers++;
    return false;
  }
}

function keyOf({ peer, request }: Watched): string {
  return `${peer.instance}.${objectKey(request.object)}`;
}
