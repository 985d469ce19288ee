import { describe, expect, it } from "vitest";
import { garblePayload, payloadForms } from "../faults/garble-payload.ts";
import { mqttDevices } from "../map/mqtt-devices.ts";
import { seededRandom } from "../model/random.ts";
import { Site } from "../site.ts";
import { formatTime, putAt, valueAt } from "./payload.ts";

describe("a payload", () => {
  it("is built by the paths it is read by", () => {
    const body = {};
    putAt(body, "air.co2", 612);
    putAt(body, "air.temperature", 21.5);
    putAt(body, "readings[0].value", 31);
    putAt(body, "readings[1].value", 32);
    expect(body).toEqual({ air: { co2: 612, temperature: 21.5 }, readings: [{ value: 31 }, { value: 32 }] });
    expect(valueAt(body, "readings[1].value")).toBe(32);
    expect(valueAt(body, "air.wind")).toBeUndefined();
    expect(valueAt(null, "air")).toBeUndefined();
  });

  it("writes time the way its device does", () => {
    expect(formatTime(1_700_000_000_123, "unix-ms")).toBe(1_700_000_000_123);
    expect(formatTime(1_700_000_000_123, "unix-s")).toBe(1_700_000_000.123);
    expect(formatTime(1_700_000_000_123, "rfc3339")).toBe("2023-11-14T22:13:20.123Z");
  });

  it("carries no usable value in any spoilt form", () => {
    const made = new Site({ seed: 1, now: () => 0, sink: null });
    const random = seededRandom(1, "spoilt");
    for (const device of made.mqtt) {
      const [message] = device.due(1_000_000);
      const text = String(message?.payload);
      const map = mqttDevices.find((candidate) => candidate.device === device.id);
      for (const form of payloadForms) {
        for (let round = 0; round < 20; round++) {
          const spoilt = garblePayload(text, random, form);
          let body: unknown = null;
          try {
            body = JSON.parse(String(spoilt));
          } catch {
            continue;
          }
          for (const field of map?.telemetry ?? []) {
            const value = valueAt(body, field.path);
            expect(typeof value === "boolean" || Number.isFinite(value), `${form} ${String(spoilt)}`).toBe(false);
          }
        }
      }
    }
  });
});
