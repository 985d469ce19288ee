import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Binding, PushedReading } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { formatTime } from "#msgs/time.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { MqttPeer } from "#test/contract/peers/mqtt-peer.ts";
import type { DeviceOptions } from "./config.ts";
import { mqttAdapter } from "./index.ts";

interface Case {
  readonly story: string;
  readonly device: DeviceOptions;
  readonly points: Readonly<Record<string, { readonly address: string; readonly kind?: PointKind; readonly writable?: boolean }>>;
  /** What a device of this make said, in order. */
  readonly says: readonly { readonly topic: string; readonly payload: unknown }[];
  /** What became of it: point, value, and the device's own time where it gave one. */
  readonly readings: readonly (readonly [string, Value | null, string?])[];
  readonly writes: readonly { readonly point: string; readonly value: Value; readonly topic: string; readonly payload: unknown }[];
}

const folder = `${import.meta.dirname}/cases`;
/** Payloads are written as JSON in a case; a text is sent as it is. */
const asSent = (payload: unknown) => (typeof payload === "string" ? payload : JSON.stringify(payload));

describe("golden cases", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const given = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Case;
    it(`${file}: ${given.story}`, async () => {
      const peer = await MqttPeer.start();
      const bindings = Object.entries(given.points).map(([point, { address, kind = "number", writable = false }]): Binding => ({
        point,
        device: "d",
        address,
        kind,
        writable,
        pollMs: 0,
      }));
      const config = { id: "case", link: { host: "127.0.0.1", port: peer.port }, devices: [{ id: "d", options: given.device, bindings }] };
      expect(mqttAdapter.check(config)).toEqual([]);
      const connection = await mqttAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
      const heard: PushedReading[] = [];
      await connection.subscribe!(bindings, (readings) => heard.push(...readings), AbortSignal.timeout(5000));
      for (const { topic, payload } of given.says) peer.publish(topic, asSent(payload));
      await until(() => heard.length >= given.readings.length);
      expect(
        heard.map(({ binding, raw, sourceTime }) => [binding.point, raw, ...(sourceTime === undefined ? [] : [formatTime(sourceTime)])]),
      ).toEqual(given.readings);
      for (const { point, value } of given.writes) {
        const binding = bindings.find((one) => one.point === point)!;
        await connection.act!({ do: "set", binding, value, priority: 8 }, AbortSignal.timeout(5000));
      }
      expect(peer.told.map(({ topic, payload }) => ({ topic, payload }))).toEqual(
        given.writes.map(({ topic, payload }) => ({ topic, payload: asSent(payload) })),
      );
      await connection.close();
      await peer.leave();
    });
  }
});
