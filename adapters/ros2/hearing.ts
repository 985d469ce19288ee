import type { Binding, DeviceEvent, Push, PushedReading, Reading, Subscription } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import type { Robot } from "./config.ts";
import type { Feeds, Heard } from "./feeds.ts";
import { isFrom, readingsOf, type Place } from "./readings.ts";
import type { Cancel } from "./transport/transport.ts";

type Trouble = "incompatible" | "unknown-type" | "late" | "dead";

/** What a trouble makes of a point: its quality, and whether the value last heard may still be shown. */
const troubleQualities: Readonly<Record<Trouble, { readonly quality: number; readonly keeps: boolean }>> = {
  incompatible: { quality: quality.badConfig, keeps: false },
  "unknown-type": { quality: quality.badConfig, keeps: false },
  late: { quality: quality.uncertainStale, keeps: true },
  dead: { quality: quality.badDevice, keeps: false },
};

/** The points of one robot that are listened to. */
export class Hearing implements Subscription {
  readonly refused: readonly Binding[];
  private readonly robot: Robot;
  private readonly push: Push;
  private readonly tell: (event: Omit<DeviceEvent, "id">) => void;
  private readonly cancels: Cancel[] = [];
  private readonly last = new Map<string, Value | null>();
  /** Where the robot was last heard, for patterns: only when that topic ends has the robot gone silent. */
  private readonly heardOn = new Map<string, string>();
  private closed = false;

  constructor(
    robot: Robot,
    places: readonly Place[],
    refused: readonly Binding[],
    feeds: Feeds,
    push: Push,
    tell: (event: Omit<DeviceEvent, "id">) => void,
  ) {
    this.robot = robot;
    this.refused = refused;
    this.push = push;
    this.tell = tell;
    for (const [pattern, group] of Map.groupBy(places, ({ address }) => address.topic)) {
      const cancel = feeds.listen(pattern, {
        heard: (heard) => this.heard(pattern, group, heard),
        gone: (topic) => this.gone(pattern, group, topic),
        trouble: (topic, kind, reason) => this.trouble(pattern, group, topic, kind, reason),
      });
      this.cancels.push(cancel);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const cancel of this.cancels) cancel();
  }

  private heard(pattern: string, group: readonly Place[], heard: Heard): void {
    if (!isFrom(this.robot, pattern, heard)) return;
    this.heardOn.set(pattern, heard.incoming.topic);
    const readings = readingsOf(group, heard);
    for (const { binding, raw } of readings) this.last.set(binding.point, raw);
    this.send(readings);
  }

  private gone(pattern: string, group: readonly Place[], topic: string): void {
    if (!this.concerns(pattern, topic)) return;
    this.heardOn.delete(pattern);
    this.send(all(group, { raw: null, quality: quality.badLink, reason: `nobody publishes ${topic} any more` }));
    this.tell({ device: this.robot.id, type: "ros2.publisher-gone", data: { topic } });
  }

  private trouble(pattern: string, group: readonly Place[], topic: string, kind: Trouble, reason: string): void {
    if (!this.concerns(pattern, topic)) return;
    const { quality: byte, keeps } = troubleQualities[kind];
    this.send(group.map(({ binding }) => ({ binding, raw: keeps ? (this.last.get(binding.point) ?? null) : null, quality: byte, reason })));
    this.tell({ device: this.robot.id, type: `ros2.${kind}`, data: { topic, reason } });
  }

  private concerns(pattern: string, topic: string): boolean {
    return !pattern.includes("+") || this.heardOn.get(pattern) === topic;
  }

  private send(readings: readonly PushedReading[]): void {
    if (!this.closed && readings.length > 0) this.push(readings);
  }
}

function all(group: readonly Place[], reading: Reading): PushedReading[] {
  return group.map(({ binding }) => ({ binding, ...reading }));
}
