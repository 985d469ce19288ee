import { connect, type MqttClient } from "mqtt";
import { offlinePayload, onlinePayload } from "../map/mqtt-map.ts";
import type { Message, MqttDevice } from "./mqtt-device.ts";

/** Messages on their way late; past this a slow device loses them. */
const lateLimit = 5000;
/** Messages the broker has not acknowledged; past this the device waits. */
const unacknowledgedLimit = 5000;

/** Carries one device's messages to the broker over a client of its own, with a last will. */
export class DeviceLink {
  readonly #device: MqttDevice;
  readonly #url: string;
  #client: MqttClient | null = null;
  readonly #late = new Set<NodeJS.Timeout>();
  #unacknowledged = 0;

  constructor(device: MqttDevice, url: string) {
    this.#device = device;
    this.#url = url;
  }

  /** Connects, drops or speaks, as the device is now. */
  step(now: number): void {
    if (this.#device.off) {
      this.drop();
      return;
    }
    this.#client ??= this.#open();
    if (!this.#client.connected || this.#unacknowledged > unacknowledgedLimit) return;
    for (const message of this.#device.due(now)) this.#send(message);
  }

  /** The power is cut: no goodbye, so the broker tells the last will. */
  drop(): void {
    const client = this.#client;
    this.#client = null;
    this.#forgetLate();
    if (client === null) return;
    client.stream.destroy();
    client.end(true);
  }

  /** An orderly end, which also is not a last will. */
  async close(): Promise<void> {
    this.#forgetLate();
    const client = this.#client;
    this.#client = null;
    await client?.endAsync(true);
  }

  get connected(): boolean {
    return this.#client?.connected === true;
  }

  #open(): MqttClient {
    const { topics, id } = this.#device;
    const client = connect(this.#url, {
      clientId: `demo-${id}`,
      clean: true,
      keepalive: 20,
      reconnectPeriod: 250,
      connectTimeout: 5000,
      queueQoSZero: false,
      will: { topic: topics.status, payload: Buffer.from(offlinePayload), qos: 1, retain: true },
    });
    client.on("connect", () => this.#greet(client));
    client.on("message", (_topic, payload) => {
      for (const message of this.#device.hear(payload)) this.#send(message);
    });
    // The broker being away is part of the play; the client tries again by itself.
    client.on("error", () => undefined);
    return client;
  }

  #greet(client: MqttClient): void {
    const { topics, map } = this.#device;
    this.#unacknowledged = 0;
    client.publish(topics.status, onlinePayload, { qos: 1, retain: true });
    if (map.commands.length === 0) return;
    client.subscribe(topics.command, { qos: 1 });
    for (const message of this.#device.state()) this.#send(message);
  }

  #send(message: Message): void {
    if (message.delayMs <= 0) {
      this.#publish(message);
      return;
    }
    if (this.#late.size >= lateLimit) return;
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      this.#publish(message);
    }, message.delayMs);
    this.#late.add(timer);
  }

  #publish(message: Message): void {
    const client = this.#client;
    if (client?.connected !== true) return;
    this.#unacknowledged++;
    client.publish(message.topic, message.payload, { qos: message.qos, retain: message.retain }, (error) => {
      this.#unacknowledged--;
      if (!error) this.#device.handedOver(message);
    });
  }

  #forgetLate(): void {
    for (const timer of this.#late) clearTimeout(timer);
    this.#late.clear();
  }
}
