import type { DeviceJson, PointJson } from "#msgs/wire/http.ts";
import { formatTime } from "#msgs/time.ts";

/** A plant of any size that nobody runs: figures that swing, a few points that are bad or stale. */
export interface FakePlant {
  readonly points: readonly PointJson[];
  readonly devices: readonly DeviceJson[];
}

const perDevice = 50;

export function fakePlant(size: number, nowUs: number): FakePlant {
  const since = formatTime(nowUs - 60_000_000);
  const points = Array.from({ length: size }, (_, key) => fakePoint(key));
  const devices = Array.from({ length: Math.ceil(size / perDevice) }, (_, i): DeviceJson => {
    const id = `unit-${i + 1}`;
    const own = points.filter((point) => point.device === id).length;
    return {
      id,
      adapter: "field",
      protocol: "modbus",
      title: `Unit ${i + 1}`,
      area: areaOf(i),
      state: "up",
      since,
      points: own,
      quality: 0,
    };
  });
  return { points, devices };
}

function areaOf(device: number): string {
  return `area-${1 + (device % 4)}`;
}

function fakePoint(key: number): PointJson {
  const device = Math.floor(key / perDevice);
  const number = key % perDevice;
  const isValve = number === 0;
  return {
    id: `unit-${device + 1}/${isValve ? "command" : `value-${number}`}`,
    key,
    device: `unit-${device + 1}`,
    area: areaOf(device),
    kind: "number",
    title: isValve ? "Position asked for" : `Value ${number}`,
    unit: "%",
    range: { min: 0, max: 100 },
    binding: { adapter: "field", address: `input:${number}`, pollMs: 1000 },
    writable: isValve,
    ...(isValve && {
      control: {
        mode: "slots",
        default: "leave",
        onReturn: "leave",
        significance: "routine",
        evidence: { tolerance: 1, withinMs: 5000, holdMs: 0 },
        interlocks: [],
      },
    }),
    latest: null,
  };
}

/** What a point stands at, by time alone, so that a test can say it too. */
export function fakeValue(key: number, ms: number): number {
  return 50 + 40 * Math.sin(ms / 4_000 + key);
}
