import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import { assert } from "#src/kit/errors.ts";
import { parseAddress, parseStretch } from "./address.ts";
import { shapeOf, type Shape } from "./codec.ts";
import { deviceOf, type DeviceLimits, type DeviceOptions, type Link } from "./config.ts";
import { planBlocks, type Block, type ReadLimits } from "./plan.ts";

/** A learned plan is forgotten after this many reads: what a device refused once it may have by then. */
const learnedFor = 500;

/** What a list of bindings is asked with: as planned, or as learned from what the device refused. */
export class ReadPlan {
  private readonly planned: readonly Block[];
  private learned: readonly Block[] | undefined;
  private reads = 0;

  constructor(planned: readonly Block[]) {
    this.planned = planned;
  }

  next(): readonly Block[] {
    if (this.learned && ++this.reads >= learnedFor) this.learned = undefined;
    return this.learned ?? this.planned;
  }

  learn(blocks: readonly Block[]): void {
    this.learned = blocks;
    this.reads = 0;
  }
}

/** The devices of a link. Those of `known` whose options are the same are kept with what was learned about them. */
export function devicesOf(
  config: Pick<AdapterConfig, "devices">,
  link: Link,
  known: ReadonlyMap<string, Device> = new Map(),
): ReadonlyMap<string, Device> {
  return new Map(
    config.devices.map(({ id, options }) => {
      const limits = deviceOf(options as DeviceOptions);
      const old = known.get(id);
      return [id, old && JSON.stringify(old.limits) === JSON.stringify(limits) ? old : new Device(id, limits, link)];
    }),
  );
}

/** One configured device behind the link, with what was worked out about its points. */
export class Device {
  readonly id: string;
  readonly limits: DeviceLimits;
  readonly timeoutMs: number;
  /** On RTU, unit 0 is everybody and nobody answers. */
  readonly broadcast: boolean;
  private readonly readLimits: ReadLimits;
  private readonly plans = new WeakMap<readonly Binding[], ReadPlan>();

  constructor(id: string, limits: DeviceLimits, link: Link) {
    this.id = id;
    this.limits = limits;
    this.timeoutMs = limits.timeoutMs ?? link.timeoutMs;
    this.broadcast = limits.unit === 0 && link.transport !== "tcp";
    this.readLimits = { ...limits, forbidden: (limits.forbidden ?? []).map(parseStretch).filter((stretch) => stretch !== undefined) };
  }

  shape(binding: Binding): Shape {
    const parsed = parseAddress(binding.address);
    assert("address" in parsed, `${binding.address} has passed check`);
    return shapeOf(parsed.address, this.limits.order, binding.kind);
  }

  /** Made once for each list; the host asks with the same list again and again. */
  plan(bindings: readonly Binding[]): ReadPlan {
    let plan = this.plans.get(bindings);
    if (!plan) {
      plan = new ReadPlan(
        planBlocks(
          bindings.map((binding, index) => ({ index, shape: this.shape(binding) })),
          this.readLimits,
        ),
      );
      this.plans.set(bindings, plan);
    }
    return plan;
  }
}
