import { afterEach, expect } from "vitest";
import type { Binding, Connection, DeviceEvent, PushedReading } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { MqttPeer } from "#test/contract/peers/mqtt-peer.ts";
import type { DeviceOptions, LinkOptions } from "../config.ts";
import { mqttAdapter } from "../index.ts";

export interface Batch {
  readonly readings: readonly PushedReading[];
  readonly retained: boolean;
  readonly settled?: (stored: boolean) => void;
}

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

export async function peerOf(): Promise<MqttPeer> {
  const peer = await MqttPeer.start();
  toClose.push(() => peer.leave());
  return peer;
}

export const soon = () => AbortSignal.timeout(5000);

export function bindingOf(address: string, about: Partial<Binding> = {}): Binding {
  return { point: `d/${address}`, device: "d", address, kind: "number", writable: false, pollMs: 0, ...about };
}

export async function dialled(peer: MqttPeer, bindings: readonly Binding[], options: DeviceOptions = {}, link: Partial<LinkOptions> = {}) {
  const env = realEnv();
  const config = {
    id: "radio",
    link: { host: "127.0.0.1", port: peer.port, timeoutMs: 400, ...link },
    devices: [{ id: "d", options: { topic: "p", ...options }, bindings }],
  };
  expect(mqttAdapter.check(config)).toEqual([]);
  const connection = await mqttAdapter.create(config, env).connect(soon());
  toClose.push(() => connection.close());
  const events: DeviceEvent[] = [];
  connection.events!((event) => events.push(event));
  return { connection, events };
}

/** Listens; batches are settled by the test. */
export async function heardOn(connection: Connection, bindings: readonly Binding[]): Promise<Batch[]> {
  const heard: Batch[] = [];
  await connection.subscribe!(
    bindings,
    (readings, about) => heard.push({ readings, retained: about?.retained ?? false, ...(about?.settled && { settled: about.settled }) }),
    soon(),
  );
  return heard;
}

export const valuesOf = (batches: readonly Batch[]) => batches.flatMap(({ readings }) => readings.map(({ raw }) => raw));
