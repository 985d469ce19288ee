import type { Timestamp } from "#msgs/time.ts";
import type { Role } from "#src/contract/control.ts";

/** The sole right to command something, for a time. */
export interface Lease {
  readonly id: string;
  /** What was asked for: a point, a device or an area. */
  readonly scope: string;
  /** The scope and what it lies in, narrowest first: "point/…", "device/…", "area/…". */
  readonly chain: readonly string[];
  readonly holder: string;
  readonly role: Role;
  readonly since: Timestamp;
  readonly until: Timestamp;
  readonly reason?: string;
  /** Somebody else gets it at this instant. */
  readonly passesTo?: {
    readonly holder: string;
    readonly role: Role;
    readonly at: Timestamp;
    readonly until: Timestamp;
    readonly reason?: string;
  };
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, engineer: 2, admin: 3 };

/** A lease on an area stands in the way of one on a point in it, and the other way round. */
export function overlaps(a: readonly string[], b: readonly string[]): boolean {
  return a.includes(b[0]!) || b.includes(a[0]!);
}

/** Leases that cover a target whose chain this is. */
export function covering(leases: Iterable<Lease>, chain: readonly string[]): readonly Lease[] {
  return [...leases].filter(({ chain: [scope] }) => chain.includes(scope!));
}

/** Equals may pre-empt each other: both know the plant, and the grace time is for talking. */
export function mayPreempt(role: Role, lease: Lease): boolean {
  return ranks[role] >= ranks[lease.role];
}

/** Somebody else than this one is taking it over. */
export function isPassing({ passesTo }: Lease, to: string): boolean {
  return passesTo !== undefined && passesTo.holder !== to;
}

/** When something becomes of it by itself. */
export function dueOf({ until, passesTo }: Lease): Timestamp {
  return Math.min(until, passesTo?.at ?? Infinity);
}

/** The lease after its pass-over instant. */
export function passedOn(lease: Lease, at: Timestamp): Lease {
  const { passesTo, reason: _reason, ...rest } = lease;
  if (!passesTo) return lease;
  const { holder, role, until, reason } = passesTo;
  return { ...rest, holder, role, since: at, until, ...(reason !== undefined && { reason }) };
}
