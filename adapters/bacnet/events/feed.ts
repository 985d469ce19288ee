import type { AdapterEnv, DeviceEvent, Receipt } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { parseObject } from "../address.ts";
import type { Station } from "../link/station.ts";
import type { Conversation } from "../peer/conversation.ts";
import { zoneOf, type ConfiguredDevice, type DeviceChanges, type Devices } from "../peer/devices.ts";
import type { Peer } from "../peer/peer.ts";
import { dateTimeOf } from "../wire/date-time.ts";
import { confirmed } from "../wire/services/choices.ts";
import { encodeAcknowledgeAlarm, type EventNotification } from "../wire/services/event.ts";
import type { TimeStamp } from "../wire/services/time-stamp.ts";
import { objectKey, sameObject, type ObjectId } from "../wire/value.ts";
import { activeEvents } from "./active.ts";
import { describeNotification, describeSummary, stampText, timeOf, transitionOf } from "./describe.ts";
import { enrol, type Enrolment } from "./enrol.ts";

export interface EventFeedOptions {
  readonly closing: AbortSignal;
  readonly enrolment: Enrolment;
  readonly find: (device: ConfiguredDevice) => Promise<Peer>;
}

/** Events of devices: what they send, what they hold when asked, and acknowledgements back to them. */
export class EventFeed {
  readonly #conversation: Conversation;
  readonly #env: AdapterEnv;
  readonly #devices: Devices;
  readonly #options: EventFeedOptions;
  readonly #listeners = new Set<(event: DeviceEvent) => void>();
  /** What each object of each device was last known to be, so that asking again tells nothing twice. */
  readonly #known = new Map<ConfiguredDevice, Map<number, string>>();
  readonly #polls = new Map<ConfiguredDevice, Cancel>();
  readonly counters = { notifications: 0, strangers: 0, polls: 0 };

  constructor(conversation: Conversation, env: AdapterEnv, devices: Devices, options: EventFeedOptions) {
    this.#conversation = conversation;
    this.#env = env;
    this.#devices = devices;
    this.#options = options;
  }

  listen(push: (event: DeviceEvent) => void): Cancel {
    this.#listeners.add(push);
    if (this.#listeners.size === 1) for (const device of this.#devices.all) this.#begin(device);
    return () => {
      this.#listeners.delete(push);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** A notification came in. False when it is not from a device of ours. */
  notify(notification: EventNotification, from: Station, peer: Peer | undefined): boolean {
    const device = this.#devices.ofInstance(notification.device);
    if (!device || !peer || peer.station.key !== from.key || !device.settings.events) {
      this.counters.strangers++;
      return false;
    }
    this.counters.notifications++;
    const zone = peer.zone ?? { utcOffsetMinutes: 0 };
    const sourceTime = timeOf(notification.at, zone);
    const transition = `${notification.toState} ${stampText(notification.at)}`;
    if (notification.notifyType !== 2) this.#knownOf(device).set(objectKey(notification.object), transition);
    this.#tell({
      id: `${device.id}/${objectKey(notification.object)}/${transition}/${notification.notifyType}`,
      device: device.id,
      type: notification.notifyType === 2 ? "bacnet.acknowledged" : "bacnet.event",
      ...pointOf(device, notification.object),
      ...(sourceTime !== undefined && { sourceTime }),
      data: describeNotification(notification),
    });
    return true;
  }

  /** Asks a device for what it holds and tells what is news. */
  async ask(device: ConfiguredDevice, peer: Peer): Promise<void> {
    this.counters.polls++;
    const zone = await zoneOf(device, peer, this.#conversation, this.#options.closing);
    const events = await activeEvents(this.#conversation, peer, this.#options.closing);
    if (!this.#devices.holds(device)) return;
    const known = this.#knownOf(device);
    const before = new Map(known);
    known.clear();
    for (const event of events) {
      const stamp = event.at[transitionOf(event.state)];
      const transition = `${event.state} ${stampText(stamp)}`;
      known.set(objectKey(event.object), transition);
      if (before.get(objectKey(event.object)) === transition) continue;
      const sourceTime = stamp && timeOf(stamp, zone);
      this.#tell({
        id: `${device.id}/${objectKey(event.object)}/${transition}/0`,
        device: device.id,
        type: "bacnet.event",
        ...pointOf(device, event.object),
        ...(sourceTime !== undefined && { sourceTime }),
        data: { ...describeSummary(event, zone), asked: true },
      });
    }
  }

  /** The device started again; whoever keeps slots in mind has to look at them. */
  restarted(device: ConfiguredDevice, peer: Peer, how: string): void {
    const now = this.#env.time.now();
    this.#tell({ id: `${device.id}/restart/${now}`, device: device.id, type: "bacnet.restarted", sourceTime: now, data: { how } });
    if (this.#listeners.size > 0 && device.settings.events) void this.#tryAsk(device, () => Promise.resolve(peer));
  }

  async acknowledge(event: DeviceEvent, by: string, peer: Peer, device: ConfiguredDevice, signal: AbortSignal): Promise<Receipt> {
    const { object, toState, stamp, process } = event.data as { object?: string; toState?: number; stamp?: TimeStamp; process?: number };
    const id = parseObject(object ?? "");
    if (typeof id === "string" || toState === undefined || !stamp)
      throw new GatewayError("not-supported", `event ${event.id} is not one that can be acknowledged`);
    const zone = await zoneOf(device, peer, this.#conversation, signal);
    const acknowledgedAt: TimeStamp = { kind: "date-time", dateTime: dateTimeOf(this.#env.time.now(), zone) };
    const data = encodeAcknowledgeAlarm({
      process: process ?? this.#options.enrolment.process,
      object: id,
      state: toState,
      at: stamp,
      by,
      acknowledgedAt,
    });
    await this.#conversation.ask(peer, confirmed.acknowledgeAlarm, data, { what: `acknowledging ${object}`, signal, once: true });
    return { assurance: "device" };
  }

  /** Other devices are configured from now on. */
  change({ gone, come }: DeviceChanges): void {
    for (const device of gone) {
      this.#polls.get(device)?.();
      this.#polls.delete(device);
      this.#known.delete(device);
    }
    if (this.#listeners.size > 0) for (const device of come) this.#begin(device);
  }

  close(): void {
    for (const cancel of this.#polls.values()) cancel();
    this.#polls.clear();
    this.#listeners.clear();
  }

  #begin(device: ConfiguredDevice): void {
    if (!device.settings.events) return;
    const ask = () => this.#tryAsk(device, () => this.#options.find(device));
    // Enrolled first, asked then: what happens in between is told twice rather than not at all.
    void this.#enrol(device).then(ask);
    const { eventPollS } = device.settings;
    if (eventPollS > 0)
      this.#polls.set(
        device,
        this.#env.timers.every(eventPollS * 1000, () => void ask()),
      );
  }

  async #tryAsk(device: ConfiguredDevice, find: () => Promise<Peer>): Promise<void> {
    if (!this.#devices.holds(device)) return;
    try {
      await this.ask(device, await find());
    } catch (error) {
      // A device without alarms refuses the question, one that is away does not answer: the link state tells the latter.
      this.#env.log.debug("no active events", { device: device.id, error: messageOf(error) });
    }
  }

  async #enrol(device: ConfiguredDevice): Promise<void> {
    for (const one of device.settings.notificationClasses) {
      try {
        await enrol(this.#conversation, await this.#options.find(device), one, this.#options.enrolment, this.#options.closing);
      } catch (error) {
        if (!this.#options.closing.aborted)
          this.#env.log.warn("not enrolled for events", { device: device.id, notificationClass: one, error: messageOf(error) });
      }
    }
  }

  #tell(event: DeviceEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #knownOf(device: ConfiguredDevice): Map<number, string> {
    const known = this.#known.get(device) ?? new Map<number, string>();
    this.#known.set(device, known);
    return known;
  }
}

function pointOf(device: ConfiguredDevice, object: ObjectId): { point?: string } {
  const found = device.bindings.find(({ address }) => {
    const parsed = parseObject(address.split(/[/;]/)[0] ?? "");
    return typeof parsed !== "string" && sameObject(parsed, object);
  });
  return found ? { point: found.point } : {};
}
