import { signal, type ReadonlySignal } from "@preact/signals";
import { parseTime, type Timestamp } from "#msgs/time.ts";
import type { AlarmJson } from "#msgs/wire/http.ts";
import type { ServerFrameOf } from "#msgs/wire/server-frames.ts";

export interface AlarmSeen {
  readonly id: string;
  readonly point?: string;
  readonly state: string;
  readonly priority: string;
  readonly message: string;
  readonly since: Timestamp;
}

/** The alarms that stand on one timeline. Live asks the gateway for its list; a replay has only what it is told. */
export interface Alarms {
  readonly standing: ReadonlySignal<readonly AlarmSeen[]>;
  hear(frame: ServerFrameOf<"derived">): void;
  seed(alarms: readonly AlarmJson[]): void;
  clear(): void;
}

/** Taps whose derivations are alarms. */
const alarmTaps: ReadonlySet<string> = new Set(["limits", "alarms"]);
const ranks: Readonly<Record<string, number>> = { critical: 0, high: 1, medium: 2, low: 3 };

export function isAlarm(frame: ServerFrameOf<"derived">): boolean {
  return alarmTaps.has(frame.tap);
}

export function openAlarms(): Alarms {
  const standing = signal<readonly AlarmSeen[]>([]);
  const words = new Map<string, AlarmSeen>();
  const put = (list: readonly AlarmSeen[]): void => {
    standing.value = [...list].sort((one, other) => rank(one) - rank(other) || other.since - one.since);
  };
  return {
    standing,
    hear(frame) {
      const others = standing.peek().filter(({ id }) => id !== frame.subject);
      if (frame.state === "normal") return put(others);
      const known = words.get(frame.subject);
      const point = frame.detail?.["point"] ?? known?.point;
      const alarm: AlarmSeen = {
        id: frame.subject,
        ...(typeof point === "string" && { point }),
        state: frame.state,
        priority: known?.priority ?? "high",
        message: known?.message ?? frame.subject,
        since: parseTime(frame.at) ?? 0,
      };
      put([alarm, ...others]);
    },
    seed(list) {
      const seen = list.map((alarm): AlarmSeen => ({ ...alarm, since: parseTime(alarm.since) ?? 0 }) as AlarmSeen);
      for (const alarm of seen) words.set(alarm.id, alarm);
      put(seen.filter(({ state }) => state !== "normal"));
    },
    clear() {
      put([]);
    },
  };
}

function rank({ priority }: AlarmSeen): number {
  return ranks[priority] ?? 4;
}
