/** What a writer offers or a reader asks for. Times are milliseconds, `Infinity` where none is set. */
export interface Qos {
  readonly reliability: "best-effort" | "reliable";
  readonly durability: "volatile" | "transient-local" | "transient" | "persistent";
  /** `keep: "last"` holds the newest `depth` samples; `"all"` holds up to `depth` and then refuses writes until readers acknowledge. */
  readonly keep: "last" | "all";
  readonly depth: number;
  readonly deadlineMs: number;
  readonly lifespanMs: number;
  readonly liveliness: "automatic" | "manual-by-participant" | "manual-by-topic";
  readonly livelinessLeaseMs: number;
  readonly ownership: "shared" | "exclusive";
  readonly destinationOrder: "reception" | "source";
  readonly partitions: readonly string[];
}

/** The policies in the order the specification numbers them, weakest first: a later one satisfies an earlier one. */
export const reliabilities = ["best-effort", "reliable"] as const;
export const durabilities = ["volatile", "transient-local", "transient", "persistent"] as const;
export const livelinesses = ["automatic", "manual-by-participant", "manual-by-topic"] as const;
export const ownerships = ["shared", "exclusive"] as const;
export const destinationOrders = ["reception", "source"] as const;

/** Reliable, volatile, the last thousand: ten, the usual choice of ROS, is overwritten in 10 ms at 1 kHz and nobody can repair that. */
export const defaultQos: Qos = {
  reliability: "reliable",
  durability: "volatile",
  keep: "last",
  depth: 1000,
  deadlineMs: Infinity,
  lifespanMs: Infinity,
  liveliness: "automatic",
  livelinessLeaseMs: Infinity,
  ownership: "shared",
  destinationOrder: "reception",
  partitions: [],
};

export const bestEffortQos: Qos = { ...defaultQos, reliability: "best-effort" };

/** The newest value for whoever comes late. */
export const latchedQos: Qos = { ...defaultQos, durability: "transient-local", depth: 1 };

/** What may stay out of a remote endpoint's announcement: the defaults of the specification, which differ by kind in reliability only. */
export function announcedDefaults(kind: "writer" | "reader"): Qos {
  return { ...defaultQos, reliability: kind === "writer" ? "reliable" : "best-effort", depth: 1 };
}
