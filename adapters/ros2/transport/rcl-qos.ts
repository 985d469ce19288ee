import { defaultQos, type Qos } from "../rtps/index.ts";
import type { RclLibrary, RclProfile, RclQos } from "./rcl-library.ts";

/** The numbers of rmw's policies. */
const keepLast = 1;
const keepAll = 2;
const reliable = 1;
const bestEffort = 2;
const transientLocal = 1;
const volatile = 2;
const automatic = 1;
const manualByTopic = 3;
/** A duration this long or longer stands for none at all; rmw writes the largest number of nanoseconds there is. */
const foreverS = 2n ** 32n;

/** What rclnodejs can be asked for; deadlines and lifespans are not among it. */
export function profileOf({ QoS }: RclLibrary, qos: Qos): RclProfile {
  return new QoS(
    qos.keep === "all" ? keepAll : keepLast,
    qos.depth,
    qos.reliability === "reliable" ? reliable : bestEffort,
    qos.durability === "volatile" ? volatile : transientLocal,
    qos.liveliness === "automatic" ? automatic : manualByTopic,
  );
}

/** A profile of the graph in our words. */
export function qosOf(profile: RclQos): Qos {
  return {
    ...defaultQos,
    reliability: profile.reliability === bestEffort ? "best-effort" : "reliable",
    durability: profile.durability === transientLocal ? "transient-local" : "volatile",
    keep: profile.history === keepAll ? "all" : "last",
    depth: profile.depth,
    liveliness: profile.liveliness === manualByTopic ? "manual-by-topic" : "automatic",
    deadlineMs: milliseconds(profile.deadline),
    lifespanMs: milliseconds(profile.lifespan),
    livelinessLeaseMs: milliseconds(profile.liveliness_lease_duration),
  };
}

/** Zero is how rmw writes "not said". */
function milliseconds({ seconds, nanoseconds }: RclQos["deadline"]): number {
  if (seconds >= foreverS || (seconds === 0n && nanoseconds === 0)) return Infinity;
  return Number(seconds) * 1000 + nanoseconds / 1e6;
}
