import type { Binding, Connection } from "#src/contract/adapter.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { PointId, Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { valueIn } from "./normalise.ts";

/**
 * The sixteen slots where devices keep them themselves (BACnet). Once known it stays known, also that a point turned out to
 * have none: a lost link changes nothing about that.
 */
export class KeptSlots {
  readonly #plant: Plant;
  readonly #none = new Set<PointId>();
  #known = false;

  constructor(plant: Plant) {
    this.#plant = plant;
  }

  connected(connection: Connection): void {
    this.#known = connection.slots !== undefined;
  }

  has(point: PointId): boolean {
    return this.#known && !this.#none.has(point);
  }

  /** The device's own sixteen, in the point's unit. */
  async read(connection: Connection | undefined, binding: Binding | undefined, signal: AbortSignal): Promise<readonly (Value | null)[]> {
    if (!connection) throw new GatewayError("link-lost", "the slots are in the device, and it is not connected");
    if (!connection.slots || !binding) throw new GatewayError("not-supported", "nobody here keeps slots for this point");
    try {
      const raw = await connection.slots(binding, signal);
      const point = this.#plant.points.get(binding.point);
      return point ? raw.map((value) => valueIn(point, value)) : raw;
    } catch (error) {
      if (error instanceof GatewayError && error.code === "not-supported") this.#none.add(binding.point);
      throw error;
    }
  }
}
