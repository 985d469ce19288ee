import type { Device } from "../device/device.ts";
import type { FaultBoard } from "../faults/fault-board.ts";
import { garblePayload } from "../faults/garble-payload.ts";
import { PendingWrites } from "../faults/pending-writes.ts";
import { judgeWrite } from "../faults/write-fault.ts";
import type { DeviceLog } from "../log/device-log.ts";
import { type MqttCommandField, type MqttDeviceMap, type MqttTopics, topicsOf } from "../map/mqtt-map.ts";
import type { Quantities, QuantityValue } from "../model/quantity.ts";
import type { Random } from "../model/random.ts";
import { formatTime, formatValue, putAt, valueAt } from "./payload.ts";

/** Something the device wants to say. */
export interface Message {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1;
  retain: boolean;
  sequence: number;
  /** Leaves so much later than it was made. */
  delayMs: number;
  /** A spoilt message hands nothing over. */
  spoilt: boolean;
}

export interface MqttDeviceParts {
  map: MqttDeviceMap;
  quantities: Quantities;
  faults: FaultBoard;
  log: DeviceLog;
  random: Random;
  now: () => number;
}

/** A storm sends at most this many messages in one step; what is beyond is not made up for. */
const stormLimit = 2000;

/** A device that publishes JSON: what it says and what it makes of what it hears. The wire is `DeviceLink`. */
export class MqttDevice implements Device {
  readonly id: string;
  readonly area: string;
  readonly protocol = "mqtt";
  readonly points: readonly string[];
  readonly log: DeviceLog;
  readonly map: MqttDeviceMap;
  readonly topics: MqttTopics;
  sequence = 0;
  readonly #parts: MqttDeviceParts;
  readonly #pending = new PendingWrites();
  #nextAt = 0;
  #lastStepAt = 0;
  #stormOwed = 0;
  /** The reported state as last said, without time and counter. */
  #lastState = "";

  constructor(parts: MqttDeviceParts) {
    this.#parts = parts;
    this.map = parts.map;
    this.id = parts.map.device;
    this.area = parts.map.area;
    this.log = parts.log;
    this.topics = topicsOf(parts.map);
    const fields = [...parts.map.telemetry, ...parts.map.commands];
    this.points = [...fields.map((field) => field.point), parts.map.sequence.point];
  }

  get off(): boolean {
    return this.#on("device-off");
  }

  step(now: number): void {
    this.#pending.step(now);
  }

  /** What is to be said by now. A device says nothing while it is off or silent. */
  due(now: number): Message[] {
    const elapsed = Math.max(0, now - this.#lastStepAt);
    this.#lastStepAt = now;
    if (this.off || this.#on("silent")) {
      this.#nextAt = now;
      return [];
    }
    const messages = this.#storm(elapsed);
    if (now >= this.#nextAt) {
      messages.push(...this.#say(this.topics.telemetry, this.map.telemetry, false));
      const { periodMs } = this.map;
      this.#nextAt = now - this.#nextAt > periodMs ? now + periodMs : this.#nextAt + periodMs;
    }
    if (this.map.commands.length > 0 && this.#stateText() !== this.#lastState) messages.push(...this.state());
    return messages;
  }

  /** The reported state: said after connecting and whenever it has changed. */
  state(): Message[] {
    if (this.map.commands.length === 0) return [];
    this.#lastState = this.#stateText();
    return this.#say(this.topics.state, this.map.commands, true);
  }

  /** Hears a command; what it does not understand it refuses and logs. The answer is the reported state. */
  hear(payload: Buffer): Message[] {
    if (this.off) return [];
    const told = readCommand(payload, this.map.commands);
    if (typeof told === "string") {
      this.log.wasTold({ point: null, value: payload.toString("utf8", 0, 500), held: told, outcome: "refused", by: "mqtt" });
      return this.state();
    }
    for (const [field, value] of told) this.#obey(field, value);
    return this.state();
  }

  /** The broker has the message. */
  handedOver(message: Message): void {
    if (!message.spoilt) this.log.published(message.sequence, message.topic, String(message.payload));
  }

  #obey(field: MqttCommandField, value: QuantityValue): void {
    const quantity = this.#parts.quantities.get(field.point);
    if (quantity?.write === undefined) throw new Error(`${field.point} is a command in the map and not writable in the plant`);
    const before = quantity.read();
    const verdict = judgeWrite(this.#parts.faults, this.id, field.point, value, before);
    if (verdict.put !== null) quantity.write(verdict.put);
    if (verdict.later !== null) this.#pending.add(this.#parts.now() + verdict.later.afterMs, quantity, verdict.later.value);
    this.log.wasTold({ point: field.point, value, held: quantity.read(), outcome: verdict.outcome, by: "mqtt" });
  }

  #storm(elapsed: number): Message[] {
    const storm = this.#parts.faults.find(this.id, "message-storm");
    if (storm === null) return [];
    this.#stormOwed = Math.min(stormLimit, this.#stormOwed + ((storm.settings["perSecond"] ?? 0) * elapsed) / 1000);
    const messages: Message[] = [];
    for (; this.#stormOwed >= 1; this.#stormOwed--) messages.push(...this.#say(this.topics.telemetry, this.map.telemetry, false));
    return messages;
  }

  /** One message, or none when it is lost inside the device. */
  #say(topic: string, fields: readonly MqttCommandField[], retain: boolean): Message[] {
    const { faults, random, now } = this.#parts;
    const setting = (kind: "slow-device" | "drop-answers" | "garbage" | "clock-off", name: string): number =>
      faults.find(this.id, kind)?.settings[name] ?? 0;
    if (random.uniform() < setting("drop-answers", "share")) return [];
    const sequence = ++this.sequence;
    const body = this.#bodyOf(fields);
    putAt(body, this.map.time.path, formatTime(now() + setting("clock-off", "byMs"), this.map.time.format));
    putAt(body, this.map.sequence.path, sequence);
    const text = JSON.stringify(body);
    const spoilt = random.uniform() < setting("garbage", "share");
    const payload = spoilt ? garblePayload(text, random) : text;
    return [{ topic, payload, qos: this.map.qos, retain, sequence, delayMs: setting("slow-device", "delayMs"), spoilt }];
  }

  #bodyOf(fields: readonly MqttCommandField[]): Record<string, never> {
    const body = {};
    for (const field of fields) {
      const quantity = this.#parts.quantities.get(field.point);
      if (quantity === undefined) throw new Error(`the map shows ${field.point}, which the plant does not have`);
      putAt(body, field.path, formatValue(quantity.read(), field));
    }
    return body;
  }

  #stateText(): string {
    return JSON.stringify(this.#bodyOf(this.map.commands));
  }

  #on(kind: "device-off" | "silent"): boolean {
    return this.#parts.faults.find(this.id, kind) !== null;
  }
}

/** The fields a command names with their values, or why it is refused as a whole. */
function readCommand(payload: Buffer, fields: readonly MqttCommandField[]): [MqttCommandField, QuantityValue][] | string {
  let body: unknown;
  try {
    body = JSON.parse(payload.toString("utf8"));
  } catch {
    return "not JSON";
  }
  const told: [MqttCommandField, QuantityValue][] = [];
  for (const field of fields) {
    const value = valueAt(body, field.path);
    if (value === undefined) continue;
    if (field.range === undefined ? typeof value !== "boolean" : typeof value !== "number") return `${field.path} has the wrong type`;
    if (field.range !== undefined && !(Number(value) >= field.range[0] && Number(value) <= field.range[1]))
      return `${field.path} is out of range`;
    told.push([field, value as QuantityValue]);
  }
  return told.length === 0 ? "nothing the device knows" : told;
}
