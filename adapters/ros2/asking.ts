import type { Reading } from "#src/contract/adapter.ts";
import type { Timers } from "#src/contract/clock.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Robot } from "./config.ts";
import type { Feeds } from "./feeds.ts";
import { isFrom, readingsOf, type Place } from "./readings.ts";
import type { Cancel } from "./transport/transport.ts";

/**
 * ROS topics cannot be asked; asking means waiting for the next message of each, so that the answer is never older than the
 * question. What a publisher keeps for latecomers counts as its answer. Rejects when no topic at all brought one in time.
 */
export function askTopics(
  robot: Robot,
  places: readonly Place[],
  feeds: Feeds,
  timers: Timers,
  withinMs: number,
  signal: AbortSignal,
): Promise<Map<Place, Reading>> {
  const groups = Map.groupBy(places, ({ address }) => address.topic);
  const answers = new Map<Place, Reading>();
  const open = new Set(groups.keys());
  return new Promise((resolve, reject) => {
    const cancels: Cancel[] = [];
    const finish = (settle: () => void) => {
      for (const cancel of cancels.splice(0)) cancel();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const late = () => {
      if (answers.size === 0 && open.size > 0) {
        const topics = [...open].slice(0, 3).join(", ");
        return finish(() => reject(new GatewayError("timeout", `${robot.id}: nothing on ${topics} within ${withinMs} ms`, { sent: true })));
      }
      for (const topic of open) {
        for (const place of groups.get(topic)!)
          answers.set(place, { raw: null, quality: quality.badNoValue, reason: `nothing on ${topic} within ${withinMs} ms` });
      }
      finish(() => resolve(answers));
    };
    const onAbort = () => finish(() => reject(givenUp(signal, `asking ${robot.id}`, { sent: true })));
    const answer = (pattern: string, readings: readonly Reading[]) => {
      if (!open.delete(pattern)) return;
      groups.get(pattern)!.forEach((place, i) => answers.set(place, readings[i]!));
      if (open.size === 0) finish(() => resolve(answers));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    cancels.push(timers.after(withinMs, late));
    for (const [pattern, group] of groups) {
      const cancel = feeds.listen(pattern, {
        heard: (heard) => isFrom(robot, pattern, heard) && answer(pattern, readingsOf(group, heard)),
        gone: () => {},
        trouble: (_topic, kind, reason) => {
          if (!pattern.includes("+") && kind !== "late")
            answer(
              pattern,
              group.map(() => ({ raw: null, quality: quality.badConfig, reason })),
            );
        },
      });
      // A message that stands answers at once, maybe the last one waited for.
      if (open.size === 0 && answers.size === places.length) cancel();
      else cancels.push(cancel);
    }
    if (groups.size === 0) finish(() => resolve(answers));
  });
}
