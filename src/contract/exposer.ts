import type { PointId } from "#msgs/point.ts";
import type { Static, TSchema } from "#msgs/schema/type.ts";
import type { AdapterEnv, Problem } from "./adapter.ts";
import type { Bus } from "./bus.ts";
import type { Desk } from "./control.ts";
import type { LatestValues, Plant } from "./gateway.ts";

/** A server side: shows chosen points to the outside (Modbus, BACnet, OPC UA, Sparkplug edge) and passes writes to the desk. */
export interface Exposer {
  start(bus: Bus, desk: Desk): Promise<void>;
  /** Also after a start that failed. */
  close(): Promise<void>;
}

/** What a server side reads from. */
export interface Seen {
  readonly plant: Plant;
  readonly latest: LatestValues;
}

/** How a protocol is exposed: what its options look like, what is wrong with them, and the server made of them. */
export interface ExposerModule<Options extends TSchema = TSchema> {
  readonly options: Options;
  check(options: Static<Options>): readonly Problem[];
  /** Points whose description it tells its clients: when one of them is described differently, the server is made anew. */
  describes?(options: Static<Options>): readonly PointId[];
  /** The options have passed `check`. */
  create(options: Static<Options>, seen: Seen, env: AdapterEnv): Exposer;
}
