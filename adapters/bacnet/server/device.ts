import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { Timestamp } from "#msgs/time.ts";
import { Network } from "../link/network.ts";
import type { Station } from "../link/station.ts";
import type { Transport } from "../link/transport.ts";
import { Application } from "../transaction/application.ts";
import { ServiceRefusal, Unanswered } from "../transaction/responder.ts";
import { instantOf, type DeviceZone } from "../wire/date-time.ts";
import { confirmed, unconfirmed } from "../wire/services/choices.ts";
import {
  decodeCommunicationControl,
  decodeListElements,
  decodeReinitialize,
  decodeTimeSync,
  type CommunicationState,
  type RestartKind,
} from "../wire/services/device-management.ts";
import type { PropertyWrite } from "../wire/services/property-access.ts";
import { decodeWhoHas, decodeWhoIs, encodeIAm, encodeIHave } from "../wire/services/who-is.ts";
import { objectKey, sameObject, type BacnetValue } from "../wire/value.ts";
import { ErrorClass, ErrorCode, PropertyIdentifier, RejectReason } from "../wire/vocabulary.ts";
import { PropertyAccess } from "./access.ts";
import { CovServer } from "./cov.ts";
import { deviceObject, type DeviceIdentity } from "./device-object.ts";
import { EventServer } from "./events.ts";
import { constant, refusal, withIdentity, writeProperty, type ServedObject } from "./property.ts";
import { serveReadRange } from "./trend-log.ts";

export interface BacnetDeviceOptions extends Omit<DeviceIdentity, "maxApdu" | "segmentation"> {
  readonly maxApdu?: number;
  readonly segmentation?: number;
  /** What it really does, where that differs from what it claims. */
  readonly sendsSegments?: boolean;
  readonly sendsApdu?: number;
  readonly zone?: DeviceZone;
  readonly password?: string;
  /** Confirmed services it does not know; it rejects them. */
  readonly without?: readonly number[];
  readonly covCapacity?: number;
  readonly covTimeoutMs?: number;
  readonly onRestart?: (kind: RestartKind) => void;
  readonly onTime?: (at: Timestamp) => void;
  readonly onWrite?: (write: PropertyWrite, from: string) => void;
}

/** Bits of BACnetServicesSupported for what this server does. */
const servicesSupported = [0, 5, 8, 9, 12, 14, 15, 16, 17, 20, 26, 27, 28, 32, 33, 34, 35, 36, 38, 39];

/** A BACnet device of ours: the gateway's server side, the demo plant's devices and the peers of the tests are all this. */
export class BacnetDevice {
  readonly instance: number;
  readonly objects = new Map<number, ServedObject>();
  readonly cov: CovServer;
  readonly events: EventServer;
  readonly application: Application;
  readonly zone: DeviceZone;
  readonly #options: BacnetDeviceOptions;
  readonly #env: AdapterEnv;
  readonly #access: PropertyAccess;
  #recipients: readonly BacnetValue[] = [];
  #communication: CommunicationState = "enable";
  #cancelCommunication: Cancel = () => undefined;
  #restartedAt: Timestamp;
  #databaseRevision = 1;
  requests = 0;

  constructor(options: BacnetDeviceOptions, transport: Transport, env: AdapterEnv) {
    this.instance = options.instance;
    this.zone = options.zone ?? { utcOffsetMinutes: 0 };
    this.#options = options;
    this.#env = env;
    this.#restartedAt = env.time.now();
    const maxApdu = options.maxApdu ?? 1476;
    const segmentation = options.segmentation ?? 0;
    const without = new Set(options.without);
    this.application = new Application(new Network(transport), env, {
      perDevice: 4,
      inAll: 256,
      serve: (service, data, from) => this.#serve(service, data, from),
      hear: (service, data, from) => this.#hear(service, data, from),
      responder: { maxApdu: options.sendsApdu ?? maxApdu, sendsSegments: options.sendsSegments ?? segmentation <= 1 },
    });
    const shared = { device: this.instance, application: () => this.application, env };
    this.cov = new CovServer({
      ...shared,
      objects: this.objects,
      capacity: options.covCapacity ?? 1_000,
      timeoutMs: options.covTimeoutMs ?? 3_000,
    });
    this.events = new EventServer({ ...shared, zone: this.zone, recipients: () => this.#recipients });
    this.add(
      deviceObject(
        { ...options, maxApdu, segmentation },
        {
          objects: () => this.objects.values(),
          now: () => env.time.now(),
          zone: this.zone,
          restartedAt: () => this.#restartedAt,
          databaseRevision: () => this.#databaseRevision,
          services: servicesSupported.filter((service) => !without.has(service)),
        },
      ),
    );
    this.add(this.#notificationClass());
    this.#access = new PropertyAccess(this.objects, { type: 8, instance: this.instance }, (write, from) => {
      this.#options.onWrite?.(write, from);
      this.cov.look();
    });
  }

  add(object: ServedObject): void {
    this.objects.set(objectKey(object.id), object);
    this.#databaseRevision++;
  }

  announce(to?: Station): void {
    const { maxApdu = 1476, segmentation = 0, vendorId = 0 } = this.#options;
    const data = encodeIAm({ instance: this.instance, maxApdu, segmentation, vendor: vendorId });
    if (to) this.application.tell(unconfirmed.iAm, data, to);
    else this.application.tellAll(unconfirmed.iAm, data);
  }

  /** Forgets subscriptions as a device does that was switched off and on. Slots are their objects' own business. */
  restart(kind: RestartKind = "coldstart"): void {
    this.cov.clear();
    this.#communication = "enable";
    this.#cancelCommunication();
    this.#restartedAt = this.#env.time.now();
    this.#options.onRestart?.(kind);
    this.announce();
  }

  close(): void {
    this.#cancelCommunication();
    this.cov.clear();
    this.application.close(new GatewayError("closed", "the device was closed"));
  }

  #serve(service: number, data: Buffer, from: Station): Buffer | undefined | Promise<Buffer | undefined> {
    this.requests++;
    const manages = service === confirmed.deviceCommunicationControl || service === confirmed.reinitializeDevice;
    if (this.#communication === "disable" && !manages) throw new Unanswered();
    if (this.#options.without?.includes(service)) throw new ServiceRefusal({ kind: "reject", reason: RejectReason.UNRECOGNIZED_SERVICE });
    switch (service) {
      case confirmed.readProperty:
      case confirmed.readPropertyMultiple:
      case confirmed.writeProperty:
      case confirmed.writePropertyMultiple:
        return this.#access.serve(service, data, from.key);
      case confirmed.subscribeCov:
        return this.cov.subscribe(data, false, from);
      case confirmed.subscribeCovProperty:
        return this.cov.subscribe(data, true, from);
      case confirmed.readRange:
        return serveReadRange(this.objects, data);
      case confirmed.getEventInformation:
        return this.events.information(data);
      case confirmed.acknowledgeAlarm:
        return this.events.acknowledge(data);
      case confirmed.addListElement:
      case confirmed.removeListElement:
        return this.#changeList(data, service === confirmed.addListElement, from);
      case confirmed.deviceCommunicationControl:
        return this.#control(data);
      case confirmed.reinitializeDevice:
        return this.#reinitialize(data);
      default:
        throw new ServiceRefusal({ kind: "reject", reason: RejectReason.UNRECOGNIZED_SERVICE });
    }
  }

  #hear(service: number, data: Buffer, from: Station): void {
    if (this.#communication === "disable") return;
    if (service === unconfirmed.whoIs) {
      const range = decodeWhoIs(data);
      if (!range || (this.instance >= range.low && this.instance <= range.high)) this.announce(from);
    }
    if (service === unconfirmed.whoHas) this.#whoHas(data, from);
    if (service === unconfirmed.timeSynchronization || service === unconfirmed.utcTimeSynchronization) {
      const zone = service === unconfirmed.utcTimeSynchronization ? { utcOffsetMinutes: 0 } : this.zone;
      const at = instantOf(decodeTimeSync(data), zone);
      if (at !== undefined) this.#options.onTime?.(at);
    }
  }

  #whoHas(data: Buffer, from: Station): void {
    const asked = decodeWhoHas(data);
    if (asked.range && (this.instance < asked.range.low || this.instance > asked.range.high)) return;
    const { looked } = asked;
    const found = [...this.objects.values()].find((o) => ("object" in looked ? sameObject(o.id, looked.object) : o.name === looked.name));
    if (!found) return;
    const iHave = encodeIHave({ device: { type: 8, instance: this.instance }, object: found.id, name: found.name });
    this.application.tell(unconfirmed.iHave, iHave, from);
  }

  #control(data: Buffer): undefined {
    const control = decodeCommunicationControl(data);
    if (!control) throw refusal(ErrorClass.SERVICES, ErrorCode.VALUE_OUT_OF_RANGE);
    this.#checkPassword(control.password);
    this.#cancelCommunication();
    // The acknowledgement of the request that disables still goes out.
    this.#communication = control.state;
    const { minutes } = control;
    if (minutes && control.state !== "enable") {
      this.#cancelCommunication = this.#env.timers.after(minutes * 60_000, () => (this.#communication = "enable"));
    }
    return undefined;
  }

  #reinitialize(data: Buffer): undefined {
    const { kind, password } = decodeReinitialize(data);
    this.#checkPassword(password);
    if (kind !== "coldstart" && kind !== "warmstart") throw refusal(ErrorClass.SERVICES, ErrorCode.OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    this.#env.timers.after(0, () => this.restart(kind));
    return undefined;
  }

  #checkPassword(given: string | undefined): void {
    if (this.#options.password !== undefined && given !== this.#options.password)
      throw refusal(ErrorClass.SECURITY, ErrorCode.PASSWORD_FAILURE);
  }

  /** The one notification class: its recipient list is what AddListElement and WriteProperty change. */
  #notificationClass(): ServedObject {
    const id = { type: 15, instance: 1 };
    return {
      id,
      name: "alarms",
      properties: withIdentity(id, "alarms", [
        [PropertyIdentifier.NOTIFICATION_CLASS, constant({ type: "unsigned", value: 1 })],
        [
          PropertyIdentifier.RECIPIENT_LIST,
          { read: () => this.#recipients, write: (values) => void (this.#recipients = values.slice(0, 700)) },
        ],
      ]),
    };
  }

  #changeList(data: Buffer, add: boolean, from: Station): undefined {
    const { object: id, property, elements } = decodeListElements(data);
    const object = this.objects.get(objectKey(id));
    if (!object) throw refusal(ErrorClass.OBJECT, ErrorCode.UNKNOWN_OBJECT);
    const current = object.properties.get(property);
    if (!current || !("read" in current)) throw refusal(ErrorClass.SERVICES, ErrorCode.PROPERTY_IS_NOT_A_LIST);
    const next = add ? [...current.read(), ...elements] : without(current.read(), elements);
    void writeProperty(object, property, next, { from: from.key });
    return undefined;
  }
}

/** Takes a run of elements out of a list, where it stands whole. */
function without(list: readonly BacnetValue[], elements: readonly BacnetValue[]): readonly BacnetValue[] {
  const text = (value: BacnetValue | undefined) =>
    JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? [...part] : part));
  const at = list.findIndex((_, i) => elements.every((element, j) => text(list[i + j]) === text(element)));
  return at < 0 ? list : [...list.slice(0, at), ...list.slice(at + elements.length)];
}
