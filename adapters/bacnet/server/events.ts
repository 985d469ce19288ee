import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Timestamp } from "#msgs/time.ts";
import { stationOf, type Station } from "../link/station.ts";
import type { Application } from "../transaction/application.ts";
import { addressAt } from "../wire/udp-address.ts";
import { dateTimeOf, type DeviceZone } from "../wire/date-time.ts";
import { confirmed, unconfirmed } from "../wire/services/choices.ts";
import {
  decodeAcknowledgeAlarm,
  decodeGetEventInformation,
  encodeEventInformation,
  encodeEventNotification,
  type EventNotification,
  type EventSummary,
} from "../wire/services/event.ts";
import type { TimeStamp } from "../wire/services/time-stamp.ts";
import { objectKey, type BacnetValue, type ObjectId } from "../wire/value.ts";
import { ErrorClass, ErrorCode, EventState } from "../wire/vocabulary.ts";
import { refusal } from "./property.ts";

/** An object went to another event state. */
export interface Transition {
  readonly object: ObjectId;
  readonly to: number;
  readonly eventType: number;
  readonly message?: string;
  readonly parameters?: readonly BacnetValue[];
}

export interface EventServerOptions {
  readonly device: number;
  readonly application: () => Application;
  readonly env: AdapterEnv;
  readonly zone: DeviceZone;
  /** Who is told, in the standard's encoding: the recipient list of the one notification class. */
  readonly recipients: () => readonly BacnetValue[];
  /** Summaries in one answer; the rest is asked for again. */
  readonly perAnswer?: number;
}

interface Standing {
  state: number;
  acknowledged: [boolean, boolean, boolean];
  at: [TimeStamp, TimeStamp, TimeStamp];
}

const never: TimeStamp = { kind: "date-time", dateTime: { date: {}, time: {} } };

/** Event states of objects, notifications to recipients, acknowledgements (clause 13). */
export class EventServer {
  readonly #options: EventServerOptions;
  readonly #standing = new Map<number, Standing & { readonly object: ObjectId }>();
  readonly acknowledgements: { readonly object: ObjectId; readonly by: string }[] = [];

  constructor(options: EventServerOptions) {
    this.#options = options;
  }

  stateOf(object: ObjectId): number {
    return this.#standing.get(objectKey(object))?.state ?? EventState.NORMAL;
  }

  raise(transition: Transition, at: Timestamp): void {
    const key = objectKey(transition.object);
    const standing = this.#standing.get(key) ?? {
      object: transition.object,
      state: 0,
      acknowledged: [true, true, true],
      at: [never, never, never],
    };
    const from = standing.state;
    const which = transitionOf(transition.to);
    const stamp: TimeStamp = { kind: "date-time", dateTime: dateTimeOf(at, this.#options.zone) };
    standing.state = transition.to;
    standing.acknowledged[which] = which === 2;
    standing.at[which] = stamp;
    this.#standing.set(key, standing as Standing & { object: ObjectId });
    this.#notify({
      process: 0,
      device: this.#options.device,
      object: transition.object,
      at: stamp,
      notificationClass: 1,
      priority: 100,
      eventType: transition.eventType,
      ...(transition.message !== undefined && { message: transition.message }),
      notifyType: 0,
      ackRequired: which !== 2,
      fromState: from,
      toState: transition.to,
      ...(transition.parameters && { parameters: transition.parameters }),
    });
  }

  information(data: Buffer): Buffer {
    const after = decodeGetEventInformation(data);
    const active = [...this.#standing.values()].filter((s) => s.state !== EventState.NORMAL || s.acknowledged.includes(false));
    const start = after ? active.findIndex((s) => objectKey(s.object) === objectKey(after)) + 1 : 0;
    const most = this.#options.perAnswer ?? 10;
    const summaries = active.slice(start, start + most).map((s): EventSummary => ({
      object: s.object,
      state: s.state,
      acknowledged: [...s.acknowledged],
      at: [...s.at],
      notifyType: 0,
      enabled: [true, true, true],
      priorities: [100, 100, 100],
    }));
    return encodeEventInformation(summaries, active.length > start + most);
  }

  acknowledge(data: Buffer): undefined {
    const ack = decodeAcknowledgeAlarm(data);
    const standing = this.#standing.get(objectKey(ack.object));
    if (!standing) throw refusal(ErrorClass.OBJECT, ErrorCode.NO_ALARM_CONFIGURED);
    const which = transitionOf(ack.state);
    if (JSON.stringify(standing.at[which]) !== JSON.stringify(ack.at)) throw refusal(ErrorClass.SERVICES, ErrorCode.INVALID_TIMESTAMP);
    standing.acknowledged[which] = true;
    this.acknowledgements.push({ object: ack.object, by: ack.by });
    this.#notify({
      process: 0,
      device: this.#options.device,
      object: ack.object,
      at: ack.acknowledgedAt,
      notificationClass: 1,
      priority: 100,
      eventType: 0,
      notifyType: 2,
      toState: ack.state,
    });
    return undefined;
  }

  #notify(event: EventNotification): void {
    for (const { station, process, wantsAnswer } of destinations(this.#options.recipients())) {
      const data = encodeEventNotification({ ...event, process });
      const application = this.#options.application();
      if (!wantsAnswer) {
        application.tell(unconfirmed.eventNotification, data, station);
        continue;
      }
      const request = {
        service: confirmed.eventNotification,
        data,
        limits: { maxApdu: 480, takesSegments: false },
        timeoutMs: 3_000,
        retries: 3,
      };
      application.requester
        .request(station, { ...request, signal: new AbortController().signal, what: "an event notification" })
        .catch((error: unknown) => this.#options.env.log.debug("a recipient did not answer", { error: String(error) }));
    }
  }
}

/** 0 to off-normal, 1 to fault, 2 to normal. */
function transitionOf(state: number): 0 | 1 | 2 {
  return state === EventState.NORMAL ? 2 : state === EventState.FAULT ? 1 : 0;
}

interface Destination {
  readonly station: Station;
  readonly process: number;
  readonly wantsAnswer: boolean;
}

/** Reads the recipients that are given by address; those given by device identifier would need a search, and none is made here. */
function destinations(values: readonly BacnetValue[]): Destination[] {
  const found: Destination[] = [];
  values.forEach((value, i) => {
    if (value.type !== "group" || value.tag !== 1) return;
    const mac = value.items.find((item) => item.type === "octets");
    const process = values[i + 1];
    const wantsAnswer = values[i + 2];
    if (mac?.type !== "octets" || mac.value.length !== 6 || process?.type !== "unsigned") return;
    found.push({
      station: stationOf(addressAt(mac.value)),
      process: Number(process.value),
      wantsAnswer: wantsAnswer?.type === "boolean" && wantsAnswer.value,
    });
  });
  return found;
}
