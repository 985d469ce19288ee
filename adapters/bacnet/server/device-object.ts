import type { Timestamp } from "#msgs/time.ts";
import { dateTimeOf, type DeviceZone } from "../wire/date-time.ts";
import { boolean, enumerated, text, unsigned, type BacnetValue, type ObjectId } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { constant, withIdentity, type Property, type ServedObject } from "./property.ts";

export interface DeviceIdentity {
  readonly instance: number;
  readonly name: string;
  readonly description?: string;
  readonly vendorId?: number;
  readonly vendorName?: string;
  readonly model?: string;
  readonly maxApdu: number;
  /** 0 both, 1 transmit, 2 receive, 3 none. */
  readonly segmentation: number;
}

export interface DeviceObjectSources {
  readonly objects: () => Iterable<ServedObject>;
  readonly now: () => Timestamp;
  readonly zone: DeviceZone;
  readonly restartedAt: () => Timestamp;
  readonly databaseRevision: () => number;
  /** Bit numbers of BACnetServicesSupported that are set. */
  readonly services: readonly number[];
}

/** The object that speaks for the device as a whole. */
export function deviceObject(identity: DeviceIdentity, sources: DeviceObjectSources): ServedObject {
  const id: ObjectId = { type: 8, instance: identity.instance };
  const { zone } = sources;
  const offset = "utcOffsetMinutes" in zone ? -zone.utcOffsetMinutes : 0;
  const own: [number, Property][] = [
    [P.SYSTEM_STATUS, constant(enumerated(0))],
    [P.VENDOR_NAME, constant(text(identity.vendorName ?? "Plainview"))],
    [P.VENDOR_IDENTIFIER, constant(unsigned(identity.vendorId ?? 0))],
    [P.MODEL_NAME, constant(text(identity.model ?? "Plainview gateway"))],
    [P.FIRMWARE_REVISION, constant(text("1"))],
    [P.APPLICATION_SOFTWARE_VERSION, constant(text("1"))],
    [P.PROTOCOL_VERSION, constant(unsigned(1))],
    [P.PROTOCOL_REVISION, constant(unsigned(14))],
    [P.PROTOCOL_SERVICES_SUPPORTED, constant(bitsSet(41, sources.services))],
    [
      P.PROTOCOL_OBJECT_TYPES_SUPPORTED,
      {
        read: () => [
          bitsSet(
            60,
            [...sources.objects()].map((object) => object.id.type),
          ),
        ],
      },
    ],
    [P.OBJECT_LIST, { elements: () => [...sources.objects()].map((object) => [{ type: "object", value: object.id } as const]) }],
    [P.MAX_APDU_LENGTH_ACCEPTED, constant(unsigned(identity.maxApdu))],
    [P.SEGMENTATION_SUPPORTED, constant(enumerated(identity.segmentation))],
    [P.MAX_SEGMENTS_ACCEPTED, constant(unsigned(64))],
    [P.APDU_TIMEOUT, constant(unsigned(3000))],
    [P.NUMBER_OF_APDU_RETRIES, constant(unsigned(3))],
    [P.DEVICE_ADDRESS_BINDING, constant()],
    [P.DATABASE_REVISION, { read: () => [unsigned(sources.databaseRevision())] }],
    [P.LOCAL_DATE, { read: () => [{ type: "date", value: dateTimeOf(sources.now(), zone).date }] }],
    [P.LOCAL_TIME, { read: () => [{ type: "time", value: dateTimeOf(sources.now(), zone).time }] }],
    [P.UTC_OFFSET, constant({ type: "signed", value: offset })],
    [P.DAYLIGHT_SAVINGS_STATUS, constant(boolean(false))],
    [P.TIME_OF_DEVICE_RESTART, { read: () => [restartStamp(sources)] }],
    [P.LAST_RESTART_REASON, constant(enumerated(0))],
  ];
  if (identity.description !== undefined) own.push([P.DESCRIPTION, constant(text(identity.description))]);
  return { id, name: identity.name, properties: withIdentity(id, identity.name, own) };
}

function restartStamp({ restartedAt, zone }: DeviceObjectSources): BacnetValue {
  const { date, time } = dateTimeOf(restartedAt(), zone);
  return {
    type: "group",
    tag: 2,
    items: [
      { type: "date", value: date },
      { type: "time", value: time },
    ],
  };
}

function bitsSet(count: number, set: readonly number[]): BacnetValue {
  const bits = new Array<boolean>(count).fill(false);
  for (const bit of set) if (bit < count) bits[bit] = true;
  return { type: "bits", value: bits };
}
