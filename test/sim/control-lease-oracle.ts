import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Command } from "#msgs/command.ts";
import type { Fact } from "#msgs/fact.ts";
import type { PointId } from "#msgs/point.ts";
import type { Lease } from "#src/control/lease-book.ts";
import type { LeaseAnswer } from "#src/control/leases.ts";
import type { MemoryTables } from "#src/control/memory-record.ts";

export type LeaseAct = "take" | "pre-empt" | "renew" | "hand-over" | "release";

export interface LeaseOracleParts {
  /** Scopes that everything lies in. */
  readonly wide: ReadonlySet<string>;
  readonly isRequired: (point: PointId) => boolean;
  readonly tables: MemoryTables;
  readonly complain: (what: string) => void;
}

/** The leases as those who asked for them were told, from one instant on. */
interface Page {
  readonly at: number;
  readonly leases: ReadonlyMap<string, Lease>;
}

const ranks: Readonly<Record<Principal["role"], number>> = { viewer: 0, operator: 1, engineer: 2, admin: 3 };
/** What is over is told after its commit. */
const graceUs = 20_000;
const ourOwn: ReadonlySet<string> = new Set(["override.expire", "slot.reassert", "recipe.compensate"]);

/**
 * Writes down what each client was told of leases, works out who has what at any instant, and holds the desk against it: nothing has two
 * holders, nothing is let through or sent that another's lease forbids or that needs one, and each lease ends when it says.
 */
export class LeaseOracle {
  readonly #parts: LeaseOracleParts;
  #pages: Page[] = [{ at: 0, leases: new Map() }];
  #startedAt = 0;
  /** What has happened, so that a run can show that it tried everything. */
  readonly seen = new Set<string>();

  constructor(parts: LeaseOracleParts) {
    this.#parts = parts;
  }

  /** Only what was durable outlives the gateway. */
  started(now: number): void {
    this.#startedAt = now;
    const rows = [...this.#parts.tables.documents.values()].filter(({ kind }) => kind === "lease");
    if (rows.length > 0) this.seen.add("crash while held");
    this.#turn(now, new Map(rows.map(({ id, body }) => [id, body as Lease])));
  }

  answered(act: LeaseAct, by: Principal, about: string, answer: LeaseAnswer, now: number, to?: string): void {
    const before = standing(this.#pages.at(-1)!, now);
    if (!answer.ok) return this.#refused(act, by, about, answer.code, before);
    const { lease } = answer;
    const was = before.find(({ id }) => id === lease.id);
    const others = before.filter(({ holder, scope }) => holder !== by.name && this.#overlap(scope, lease.scope));
    const wrong = {
      take: () => lease.holder !== by.name || others.length > 0,
      "pre-empt": () =>
        lease.holder === by.name ? others.length > 0 : lease.passesTo?.holder !== by.name || ranks[by.role] < ranks[was?.role ?? "admin"],
      renew: () => was?.holder !== by.name || was.passesTo !== undefined,
      "hand-over": () => was?.holder !== by.name || lease.holder !== to || (was.passesTo !== undefined && to !== was.passesTo.holder),
      release: () => was?.holder !== by.name,
    }[act]();
    if (wrong)
      this.#parts.complain(`${act} of ${about} by ${by.name} was granted: ${JSON.stringify(lease)}, before it ${JSON.stringify(was)}`);
    const leases = new Map(before.map((other) => [other.id, other]));
    if (act === "release" && !was?.passesTo) leases.delete(lease.id);
    else leases.set(lease.id, lease);
    this.#turn(now, leases);
  }

  submitted({ act, id }: Command, by: Principal, verdict: Verdict, now: number): void {
    if (act.do === "call") return;
    const should = this.#refusalOf(act.point, by.name, this.#pages.at(-1)!, now);
    const code = verdict.status === "success" ? undefined : verdict.code;
    const isAboutLeases = code === "leased" || code === "lease-required";
    if (isAboutLeases) this.seen.add(code);
    if ((code === undefined || isAboutLeases) && code !== should) {
      this.#parts.complain(
        `${id} by ${by.name} on ${act.point} was ${code ?? "let through"}, and the leases say ${should ?? "it may pass"}`,
      );
    }
  }

  see(fact: Fact): void {
    if (fact.kind === "operator" && fact.act.startsWith("lease.")) this.#told(fact.act, fact.data["lease"] as Lease, fact.at);
    if (fact.kind !== "command") return;
    const { command, state, code, by } = fact.step;
    const { act, id, asked } = command;
    if (act.do === "call" || ourOwn.has(asked)) return;
    const row = this.#parts.tables.commands.get(id)!;
    if (state === "rejected" && row.refused === undefined && code === "leased") this.seen.add("leased meanwhile");
    if (state !== "sending" || row.state !== "sending") return;
    // Several things may happen in one instant; somewhere in it this must have been allowed.
    const at = row.changedAt;
    const pages = this.#pages.filter((page, index) => page.at <= at && (this.#pages[index + 1]?.at ?? Infinity) >= at);
    const refusals = pages.map((page) => this.#refusalOf(act.point, by, page, at));
    if (!refusals.includes(undefined))
      this.#parts.complain(`${id} by ${by} on ${act.point} was sent though it was ${refusals.join(" and ")}`);
  }

  /** What the desk lists must be what stands, and that must be one holder for each thing. */
  check(listed: readonly Lease[], now: number): void {
    const text = (leases: readonly Lease[]) =>
      leases
        .map(
          ({ id, scope, holder, until, passesTo }) => `${id} ${scope} ${holder} ${until} ${passesTo?.holder ?? ""} ${passesTo?.at ?? ""}`,
        )
        .sort()
        .join("; ");
    const stands = standing(this.#pages.at(-1)!, now);
    if (text(listed) !== text(stands)) this.#parts.complain(`at ${now} the desk lists ${text(listed)} and there should be ${text(stands)}`);
    for (const a of listed) {
      const b = listed.find((other) => other.holder !== a.holder && this.#overlap(a.scope, other.scope));
      if (b) this.#parts.complain(`at ${now} ${a.scope} is ${a.holder}'s and ${b.scope} is ${b.holder}'s`);
    }
    for (const { kind, body } of this.#parts.tables.documents.values()) {
      if (kind !== "lease" || (body as Lease).passesTo) continue;
      const over = Math.max((body as Lease).until, this.#startedAt) + graceUs;
      if (over < now) this.#parts.complain(`at ${now} a lease is kept that ended: ${JSON.stringify(body)}`);
    }
  }

  forgetBefore(at: number): void {
    const first = this.#pages.findLastIndex((page) => page.at <= at);
    if (first > 0) this.#pages = this.#pages.slice(first);
  }

  #told(act: string, lease: Lease, at: number): void {
    this.seen.add(act);
    if (act !== "lease.expire") return;
    const late = at - Math.max(lease.until, this.#startedAt);
    if (at < lease.until || late > graceUs) this.#parts.complain(`${lease.id} was said to be over ${late} us after its end`);
  }

  #refused(act: LeaseAct, by: Principal, about: string, code: string, before: readonly Lease[]): void {
    const others = before.some(({ id, scope, holder }) => holder !== by.name && (id === about || this.#overlap(scope, about)));
    const isPassing = before.some(({ passesTo }) => passesTo !== undefined);
    // To hand over one of two that overlap is refused as well.
    if (code === "leased" && !others && act !== "hand-over")
      this.#parts.complain(`${act} of ${about} by ${by.name} was refused: nobody else has it`);
    if (code === "pre-empted" && !isPassing) this.#parts.complain(`${act} of ${about} by ${by.name} was refused, and nobody is taking it`);
    if (code === "unknown-lease" && before.some(({ id }) => id === about)) this.#parts.complain(`${about} stands and is not known`);
  }

  #turn(at: number, leases: ReadonlyMap<string, Lease>): void {
    this.#pages.push({ at, leases });
  }

  #refusalOf(point: PointId, by: string, page: Page, at: number): "leased" | "lease-required" | undefined {
    const covering = standing(page, at).filter(({ scope }) => scope === point || this.#parts.wide.has(scope));
    if (covering.some(({ holder }) => holder !== by)) return "leased";
    return covering.length === 0 && this.#parts.isRequired(point) ? "lease-required" : undefined;
  }

  #overlap(a: string, b: string): boolean {
    return a === b || this.#parts.wide.has(a) || this.#parts.wide.has(b);
  }
}

/** What has become by itself of the leases of a page at an instant. */
function standing({ leases }: Page, at: number): readonly Lease[] {
  return [...leases.values()].flatMap((lease) => {
    const { passesTo, ...rest } = lease;
    const isPassed = passesTo !== undefined && Math.min(passesTo.at, lease.until) <= at;
    const { holder, role, until } = isPassed ? passesTo : lease;
    return until <= at ? [] : [isPassed ? { ...rest, holder, role, until } : lease];
  });
}
