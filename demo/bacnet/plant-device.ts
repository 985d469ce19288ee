import { parseObject } from "#adapters/bacnet/address.ts";
import { unitOf } from "#adapters/bacnet/discovery/units.ts";
import type { Transport } from "#adapters/bacnet/link/transport.ts";
import { BacnetDevice } from "#adapters/bacnet/server/device.ts";
import { pointObject, type PointObject, type PointValue } from "#adapters/bacnet/server/point-object.ts";
import { constant, withIdentity, type Property, type ServedObject } from "#adapters/bacnet/server/property.ts";
import { TrendLog } from "#adapters/bacnet/server/trend-log.ts";
import { enumerated, real, text, type BacnetValue, type ObjectId } from "#adapters/bacnet/wire/value.ts";
import { PropertyIdentifier as P } from "#adapters/bacnet/wire/vocabulary.ts";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { FaultBoard } from "../faults/fault-board.ts";
import { PendingWrites } from "../faults/pending-writes.ts";
import { judgeWrite } from "../faults/write-fault.ts";
import type { DeviceLog } from "../log/device-log.ts";
import type { Quantities } from "../model/quantity.ts";
import { shownName, type BacnetDeviceMap, type BacnetPoint } from "./map.ts";

export interface PlantDeviceParts {
  map: BacnetDeviceMap;
  quantities: Quantities;
  faults: FaultBoard;
  log: DeviceLog;
  transport: Transport;
  env: AdapterEnv;
}

/** Event states, as the standard numbers them. */
const normal = 0;
const highLimit = 3;
const lowLimit = 4;
const outOfRange = 5;

/** A device of the plant on BACnet: objects over the model's quantities, with alarms, logs, a schedule and a calendar of its own. */
export class PlantDevice {
  readonly map: BacnetDeviceMap;
  readonly device: BacnetDevice;
  readonly #parts: PlantDeviceParts;
  readonly #logs: { point: BacnetPoint; log: TrendLog; dueUs: number }[] = [];
  readonly #outputs: PointObject[] = [];
  readonly #pending = new PendingWrites();
  #isOff = false;

  constructor(parts: PlantDeviceParts) {
    this.#parts = parts;
    this.map = parts.map;
    const { map, transport, env } = parts;
    this.device = new BacnetDevice(
      {
        instance: map.instance,
        name: map.device,
        description: map.title,
        model: "Plainview demo",
        ...(map.where === "ip" ? {} : { maxApdu: 480, segmentation: 3 }),
        onRestart: () => this.#outputs.forEach((output) => output.array?.clear()),
      },
      transport,
      env,
    );
    for (const point of map.points) this.#add(point);
    for (const served of this.#timetable()) this.device.add(served);
  }

  /** Tells subscribers what moved, raises and clears alarms, writes the logs; a device that was off begins anew. */
  step(): void {
    const wasOff = this.#isOff;
    this.#isOff = this.#parts.faults.find(this.map.device, "device-off") !== null;
    if (this.#isOff) return;
    if (wasOff) this.restart();
    const now = this.#parts.env.time.now();
    this.#pending.step(now / 1_000);
    for (const point of this.map.points) if (point.alarm) this.#judge(point, now);
    for (const entry of this.#logs) {
      if (now < entry.dueUs) continue;
      entry.dueUs = now + (entry.point.logEverySeconds ?? 60) * 1_000_000;
      entry.log.write(now, { kind: "value", value: real(Number(this.#read(entry.point))) });
    }
    this.device.cov.look();
  }

  /** Off and on again: subscriptions are gone, slots are empty. */
  restart(): void {
    this.device.restart();
  }

  close(): void {
    this.device.close();
  }

  #add(point: BacnetPoint): void {
    const id = objectOf(point.object);
    const now = this.#read(point);
    const served = pointObject({
      id,
      name: point.point.replace("/", "."),
      description: point.title,
      units: unitOf(point.unit),
      ...(point.limits && { limits: point.limits }),
      ...(point.states && { stateTexts: point.states }),
      ...(point.covIncrement !== undefined && { covIncrement: point.covIncrement }),
      read: () => this.#read(point),
      eventState: () => this.device.events.stateOf(id),
      ...(point.commandable && {
        commandable: {
          default: now,
          apply: (value: PointValue) => this.#write(point, value),
          ...(point.minimum && { minimum: { ...point.minimum, timers: this.#parts.env.timers } }),
        },
      }),
    });
    this.device.add(served);
    if (served.array) this.#outputs.push(served);
    if (point.logEverySeconds !== undefined) this.#addLog(point, id);
  }

  #addLog(point: BacnetPoint, object: ObjectId): void {
    const log = new TrendLog({
      id: { type: 20, instance: this.#logs.length + 1 },
      name: `log.${point.point.replace("/", ".")}`,
      logs: [{ object, property: P.PRESENT_VALUE }],
      capacity: 2_000,
      zone: this.device.zone,
    });
    this.device.add(log);
    this.#logs.push({ point, log, dueUs: 0 });
  }

  #judge(point: BacnetPoint, now: number): void {
    const { low = -Infinity, high = Infinity, deadband, message } = point.alarm!;
    const object = objectOf(point.object);
    const value = Number(this.#read(point));
    const state = this.device.events.stateOf(object);
    const to = value > high ? highLimit : value < low ? lowLimit : value < high - deadband && value > low + deadband ? normal : state;
    if (to === state) return;
    this.device.events.raise({ object, to, eventType: outOfRange, message: to === normal ? `${message}: back to normal` : message }, now);
  }

  #read(point: BacnetPoint): PointValue {
    const quantity = this.#parts.quantities.get(point.point);
    if (quantity === undefined) throw new Error(`the plant has no ${point.point}`);
    return quantity.read();
  }

  #write(point: BacnetPoint, value: PointValue): void {
    const quantity = this.#parts.quantities.get(point.point);
    if (quantity?.write === undefined) throw new Error(`${point.point} cannot be told anything`);
    const before = quantity.read();
    const told = typeof before === "boolean" ? value === 1 || value === true : value;
    const { faults, log, env } = this.#parts;
    const { device } = this.map;
    const { outcome, put, later } = judgeWrite(faults, device, `${device}/${shownName(point.point)}`, told, before);
    if (put !== null) quantity.write(put);
    if (later !== null) this.#pending.add(env.time.now() / 1_000 + later.afterMs, quantity, later.value);
    log.wasTold({ point: point.point, value: told, held: quantity.read(), outcome, by: "bacnet" });
  }

  /** A week of set-points and the holidays it gives way to: read and written by whoever may, followed by nobody in this small plant. */
  #timetable(): ServedObject[] {
    const held = new Map<string, readonly BacnetValue[]>();
    const kept = (name: string, first: readonly BacnetValue[]): Property => {
      held.set(name, first);
      return { read: () => held.get(name) ?? [], write: (values) => void held.set(name, values) };
    };
    const day: BacnetValue = {
      type: "group",
      tag: 0,
      items: [
        { type: "time", value: { hour: 6, minute: 30, second: 0, hundredths: 0 } },
        real(21),
        { type: "time", value: { hour: 19, minute: 0, second: 0, hundredths: 0 } },
        real(17),
      ],
    };
    const schedule = { type: 17, instance: 1 };
    const calendar = { type: 6, instance: 1 };
    const week: Property = { ...kept("week", [day, day, day, day, day, emptyDay, emptyDay]) };
    return [
      {
        id: schedule,
        name: "schedule",
        properties: withIdentity(schedule, "schedule", [
          [P.DESCRIPTION, constant(text("Set-points over the week"))],
          [P.PRESENT_VALUE, constant(real(21))],
          [P.WEEKLY_SCHEDULE, week],
          [P.EXCEPTION_SCHEDULE, kept("exceptions", [])],
          [P.EFFECTIVE_PERIOD, kept("period", [anyDate, anyDate])],
          [P.SCHEDULE_DEFAULT, kept("default", [real(17)])],
          [P.STATUS_FLAGS, constant({ type: "bits", value: [false, false, false, false] })],
          [P.RELIABILITY, constant(enumerated(0))],
        ]),
      },
      {
        id: calendar,
        name: "holidays",
        properties: withIdentity(calendar, "holidays", [
          [P.PRESENT_VALUE, constant({ type: "boolean", value: false })],
          [P.DATE_LIST, kept("dates", [])],
        ]),
      },
    ];
  }
}

const emptyDay: BacnetValue = { type: "group", tag: 0, items: [] };
const anyDate: BacnetValue = { type: "date", value: {} };

function objectOf(address: string): ObjectId {
  const id = parseObject(address);
  if (typeof id === "string") throw new Error(id);
  return id;
}
