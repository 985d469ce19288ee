import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { AreaId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { formatTime, microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlTap } from "./control-tap.ts";
import type { Refusal, Target } from "./gates.ts";
import type { Lease } from "./lease-book.ts";
import type { OperatorActs } from "./operator-acts.ts";
import type { DocumentRow, RecordWrite } from "./record.ts";
import { refuseRights } from "./gates.ts";
import { covering, dueOf, isPassing, mayPreempt, overlaps, passedOn } from "./lease-book.ts";

export type LeaseAnswer = { readonly ok: true; readonly lease: Lease } | ({ readonly ok: false } & Refusal);

export interface LeaseWish {
  readonly ttlMs?: number | undefined;
  readonly reason?: string | undefined;
  readonly preempt?: boolean | undefined;
}

export interface LeasesParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly plant: Plant;
  readonly tap: ControlTap;
  readonly acts: OperatorActs;
}

/** Who has the sole right to what. Answers at once; every change is recorded, told to everybody, and outlives a restart. */
export class Leases {
  readonly #parts: LeasesParts;
  readonly #leases = new Map<string, Lease>();
  #count = 0;

  constructor(parts: LeasesParts, rows: readonly DocumentRow[]) {
    this.#parts = parts;
    for (const { body } of rows) this.#hold(body as Lease);
  }

  list(): readonly Lease[] {
    this.#catchUp();
    return [...this.#leases.values()];
  }

  take(scope: string, by: Principal, wish: LeaseWish = {}): LeaseAnswer {
    const target = this.#targetOf(scope);
    if (!target) return no("unknown-scope", `there is no point, device or area "${scope}"`);
    const refusal = refuseRights(by, target, this.#parts.config.parentOf);
    if (refusal) return { ok: false, ...refusal };
    const inTheWay = this.list().filter((lease) => overlaps(lease.chain, target.chain) && lease.holder !== by.name);
    if (inTheWay.length > 0) return wish.preempt ? this.#preempt(inTheWay, by, wish) : no("leased", describe(inTheWay[0]!));
    const passing = this.list().find((lease) => overlaps(lease.chain, target.chain) && isPassing(lease, by.name));
    if (passing) return no("pre-empted", describePassing(passing));
    const mine = this.list().find((lease) => lease.scope === scope);
    if (mine) return this.renew(mine.id, by, wish.ttlMs);
    const now = this.#parts.time.now();
    const lease: Lease = {
      id: `lease-${now}-${++this.#count}`,
      scope,
      chain: target.chain,
      holder: by.name,
      role: by.role,
      since: now,
      until: this.#until(wish.ttlMs),
      ...(wish.reason !== undefined && { reason: wish.reason }),
    };
    return this.#change(lease, "lease.take", by.name);
  }

  renew(id: string, by: Principal, ttlMs?: number): LeaseAnswer {
    const lease = this.#mine(id, by);
    if (!("holder" in lease)) return lease;
    if (lease.passesTo) return no("pre-empted", describePassing(lease));
    return this.#change({ ...lease, until: this.#until(ttlMs) }, "lease.renew", by.name);
  }

  handOver(id: string, by: Principal, to: string): LeaseAnswer {
    const lease = this.#mine(id, by);
    if (!("holder" in lease)) return lease;
    if (isPassing(lease, to)) return no("pre-empted", describePassing(lease));
    const other = this.#overlapping(lease).find(({ holder }) => holder !== to);
    if (other) return no("leased", `${describe(other)}, and overlaps with ${lease.scope}`);
    const now = this.#parts.time.now();
    return this.#change(lease.passesTo ? passedOn(lease, now) : { ...lease, holder: to, since: now }, "lease.hand-over", by.name);
  }

  /** Given back early, it goes to whoever is waiting for it. */
  release(id: string, by: Principal): LeaseAnswer {
    const lease = this.#mine(id, by);
    if (!("holder" in lease)) return lease;
    if (lease.passesTo) return this.#change(passedOn(lease, this.#parts.time.now()), "lease.pass", by.name);
    this.#drop(lease, "lease.release", by.name);
    return { ok: true, lease };
  }

  /** The gate: somebody else's lease refuses; where the site wants one, none refuses too. */
  refuse(target: Target, by: Principal): Refusal | undefined {
    this.#catchUp();
    const chain = this.#chainOf(target);
    const covers = covering(this.#leases.values(), chain);
    const other = covers.find(({ holder }) => holder !== by.name);
    if (other) return { code: "leased", message: describe(other) };
    if (!target.point?.control?.leaseRequired || covers.length > 0) return undefined;
    return { code: "lease-required", message: `${target.point.id} may only be commanded by whoever holds a lease on it` };
  }

  #preempt(inTheWay: readonly Lease[], by: Principal, wish: LeaseWish): LeaseAnswer {
    const lease = inTheWay[0]!;
    // It passes as it is, and then nobody else may hold a part of it.
    const all = [...new Set([...inTheWay, ...this.#overlapping(lease).filter(({ holder }) => holder !== by.name)])];
    if (all.length > 1) return no("leased", `${all.length} leases are in the way: ${all.map(describe).join("; ")}`);
    if (!mayPreempt(by.role, lease)) return no("no-right", `${describe(lease)}, and a ${by.role} may not take it from a ${lease.role}`);
    if (lease.passesTo && lease.passesTo.holder !== by.name) return no("pre-empted", `${lease.passesTo.holder} is taking it already`);
    const at = this.#parts.time.now() + microseconds(this.#parts.config.preemptGraceMs);
    const until = at + (this.#until(wish.ttlMs) - this.#parts.time.now());
    const passesTo = { holder: by.name, role: by.role, at, until, ...(wish.reason !== undefined && { reason: wish.reason }) };
    return this.#change({ ...lease, passesTo }, "lease.preempt", by.name);
  }

  #change(lease: Lease, act: string, by: string): LeaseAnswer {
    this.#hold(lease);
    void this.#parts.acts.say(act, by, { lease }, [document(lease.id, lease)]);
    return { ok: true, lease };
  }

  #drop(lease: Lease, act: string, by: string): void {
    this.#leases.delete(lease.id);
    this.#parts.tap.forget(keyOf(lease.id));
    void this.#parts.acts.say(act, by, { lease }, [document(lease.id, undefined)]);
  }

  #hold(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    this.#parts.tap.at(dueOf(lease), keyOf(lease.id), "instant", () => this.#due(lease.id));
  }

  #due(id: string): void {
    const lease = this.#leases.get(id);
    if (!lease) return;
    const now = this.#parts.time.now();
    // Whoever waits for it gets it when its time is over before the grace time is.
    if (lease.passesTo) this.#change(passedOn(lease, now), "lease.pass", lease.passesTo.holder);
    else this.#drop(lease, "lease.expire", "expiry");
  }

  /** A lease ends when it says, also when the timeline has not come there yet: after a start, or while it is being held up. */
  #catchUp(): void {
    const now = this.#parts.time.now();
    for (let isDone = false; !isDone;) {
      const over = [...this.#leases.values()].filter((lease) => dueOf(lease) <= now);
      for (const { id } of over) this.#due(id);
      isDone = over.length === 0;
    }
  }

  #overlapping(lease: Lease): readonly Lease[] {
    return [...this.#leases.values()].filter((other) => other !== lease && overlaps(other.chain, lease.chain));
  }

  #mine(id: string, by: Principal): Lease | (Refusal & { ok: false }) {
    this.#catchUp();
    const lease = this.#leases.get(id);
    if (!lease) return no("unknown-lease", `there is no lease ${id}`);
    if (lease.holder === by.name || by.role === "admin") return lease;
    return no("leased", describe(lease));
  }

  #until(ttlMs: number = this.#parts.config.leaseMs.usual): Timestamp {
    return this.#parts.time.now() + microseconds(Math.min(ttlMs, this.#parts.config.leaseMs.atMost));
  }

  #targetOf(scope: string): (Target & { chain: readonly string[] }) | undefined {
    const { plant } = this.#parts;
    const point = plant.points.get(scope);
    if (point) return this.#chained({ device: point.device, point, area: point.area });
    const device = plant.devices.get(scope);
    if (device) return this.#chained({ device: scope, area: device.area });
    const isArea = [...plant.points.values()].some(({ area }) => this.#areas(area).includes(scope));
    return isArea ? { device: "", area: scope, chain: this.#areas(scope).map((area) => `area/${area}`) } : undefined;
  }

  #chained(target: Target): Target & { chain: readonly string[] } {
    return { ...target, chain: this.#chainOf(target) };
  }

  #chainOf({ point, device, area }: Target): readonly string[] {
    const areas = area === undefined ? [] : this.#areas(area).map((id) => `area/${id}`);
    return [...(point ? [`point/${point.id}`] : []), `device/${device}`, ...areas];
  }

  /** The area and those it lies in; a site file that goes in circles ends after 32. */
  #areas(area: AreaId): readonly AreaId[] {
    const list: AreaId[] = [];
    for (let next: AreaId | undefined = area; next !== undefined && list.length < 32; next = this.#parts.config.parentOf(next))
      list.push(next);
    return list;
  }
}

function describe(lease: Lease): string {
  return `${lease.scope} is leased by ${lease.holder} until ${formatTime(lease.until)}`;
}

function describePassing({ scope, passesTo }: Lease): string {
  return `${scope} passes to ${passesTo!.holder} at ${formatTime(passesTo!.at)}`;
}

function no(code: string, message: string): { ok: false } & Refusal {
  return { ok: false, code, message };
}

function document(id: string, body: Lease | undefined): RecordWrite {
  return { put: "document", row: { kind: "lease", id, body } };
}

function keyOf(id: string): string {
  return `lease/${id}`;
}
