import { expect } from "vitest";
import type { AdapterConfig, AdapterModule, Binding, Connection, PushedReading } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { ros2Adapter } from "../index.ts";
import { defaultQos, type Participant, type Qos, type Writer } from "../rtps/index.ts";
import { claimDomain, openOnLoopback } from "../rtps/testing/domain.ts";
import { liveEnvironment } from "../rtps/testing/live-environment.ts";
import { compileDecoder, compileEncoder, ddsTopicName, ddsTypeName, type Draft, type Message } from "../types/index.ts";
import { typesFor } from "../type-room.ts";

export const env = liveEnvironment();
export const domain = await claimDomain();
const adapter: AdapterModule = ros2Adapter;
export const types = typesFor(undefined);
export const closing: (() => unknown)[] = [];

/** To be called after each test: whatever it opened is closed, the last first. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/** A participant that plays the robot. */
export async function robot(): Promise<Participant> {
  const participant = await openOnLoopback(domain, env, { userData: "enclave=/;" });
  closing.push(() => participant.close());
  return participant;
}

export function binding(address: string, more: Partial<Binding> = {}, kind: PointKind = "number"): Binding {
  return { point: `robot-1/${address}`, device: "robot-1", address, kind, writable: false, pollMs: 0, ...more };
}

/** An open link of the adapter to one device, robot-1. */
export async function link(options: object, bindings: readonly Binding[], more: object = {}): Promise<Connection> {
  const config: AdapterConfig = {
    id: "robots",
    link: { domain, interfaces: ["127.0.0.1"], multicast: false, peers: ["127.0.0.1"], timeoutMs: 3000, ...more },
    devices: [{ id: "robot-1", options, bindings }],
  };
  expect(adapter.check(config)).toEqual([]);
  const connection = await adapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
  closing.push(() => connection.close());
  return connection;
}

/** A writer of the robot, with what it says as plain objects. */
export function publishing(
  participant: Participant,
  topic: string,
  type: string,
  qos: Qos = defaultQos,
): { writer: Writer; say: (draft: Draft) => void } {
  const writer = participant.createWriter({ topic: ddsTopicName(topic), type: ddsTypeName(type), qos });
  const encode = compileEncoder(types, type);
  return { writer, say: (draft) => void writer.write(encode(draft)) };
}

/** Everything the robot hears on a topic. */
export function hearing(participant: Participant, topic: string, type: string): Message[] {
  const heard: Message[] = [];
  const decode = compileDecoder(types, type);
  participant.createReader({ topic: ddsTopicName(topic), type: ddsTypeName(type), onSample: ({ payload }) => heard.push(decode(payload)) });
  return heard;
}

/** Everything the link pushes for these points. */
export async function listen(connection: Connection, bindings: readonly Binding[]): Promise<PushedReading[]> {
  const heard: PushedReading[] = [];
  const subscription = await connection.subscribe!(bindings, (readings) => heard.push(...readings), AbortSignal.timeout(5000));
  expect(subscription.refused).toEqual([]);
  return heard;
}

export const soon = () => AbortSignal.timeout(10_000);
