import { GatewayError } from "#src/kit/errors.ts";
import type { Wanted } from "./plan.ts";
import type { Session } from "./session.ts";

type Broker = Pick<Session, "subscribe" | "unsubscribe">;

/**
 * What this link listens to. Devices ask for their filters all at once when a link opens; they go out together in few packets,
 * and a filter that several of them use is subscribed for all and taken back with the last.
 */
export class Subscriptions {
  private readonly broker: Broker;
  private wantedFor: ReadonlyMap<string, Wanted>;
  private readonly users = new Map<string, number>();
  private gathering: { readonly wanted: Map<string, Wanted>; readonly answer: Promise<ReadonlyMap<string, number>> } | undefined;

  constructor(broker: Broker, wantedFor: ReadonlyMap<string, Wanted>) {
    this.broker = broker;
    this.wantedFor = wantedFor;
  }

  get count(): number {
    return this.users.size;
  }

  /**
   * From now on these filters may be wanted. False, and nothing changed, when one of those `kept` would be listened to in another
   * way: what is under way cannot be moved without hearing messages twice or missing some.
   */
  replan(wantedFor: ReadonlyMap<string, Wanted>, kept: Iterable<string>): boolean {
    for (const filter of kept) {
      const [now, then] = [this.wantedFor.get(filter), wantedFor.get(filter)];
      if (now?.filter !== then?.filter || now?.qos !== then?.qos) return false;
    }
    this.wantedFor = wantedFor;
    return true;
  }

  /**
   * Listens; the filters the broker refuses come back with their reason. Each call is to be taken back with `release`. What is
   * listened to already is subscribed anew, because that makes the broker say again what it keeps, unless only `live` counts.
   */
  async want(filters: readonly string[], news: "all" | "live" = "all"): Promise<ReadonlyMap<string, number>> {
    const wanted = filters.map((filter) => this.asSubscribed(filter));
    const missing = news === "all" ? wanted : wanted.filter(({ filter }) => !this.users.has(filter));
    for (const { filter } of distinct(wanted)) this.users.set(filter, (this.users.get(filter) ?? 0) + 1);
    if (missing.length === 0) return new Map();
    const gathering = (this.gathering ??= this.gather());
    for (const one of missing) gathering.wanted.set(one.filter, one);
    const refused = await gathering.answer;
    return new Map(
      filters.flatMap((filter) => {
        const reason = refused.get(this.asSubscribed(filter).filter);
        return reason === undefined ? [] : [[filter, reason] as const];
      }),
    );
  }

  async release(filters: readonly string[]): Promise<void> {
    const idle: string[] = [];
    for (const { filter } of distinct(filters.map((one) => this.asSubscribed(one)))) {
      const left = (this.users.get(filter) ?? 0) - 1;
      if (left > 0) this.users.set(filter, left);
      else if (this.users.delete(filter)) idle.push(filter);
    }
    await this.broker.unsubscribe(idle);
  }

  /** Everybody who asks in this turn of the event loop travels together. */
  private gather(): NonNullable<Subscriptions["gathering"]> {
    const wanted = new Map<string, Wanted>();
    const answer = Promise.resolve().then(() => {
      this.gathering = undefined;
      return this.broker.subscribe([...wanted.values()], new AbortController().signal);
    });
    return { wanted, answer };
  }

  private asSubscribed(filter: string): Wanted {
    const wanted = this.wantedFor.get(filter);
    if (!wanted) throw new GatewayError("bad-address", `${filter} is not listened to on this link`);
    return wanted;
  }
}

function distinct(wanted: readonly Wanted[]): readonly Wanted[] {
  return [...new Map(wanted.map((one) => [one.filter, one])).values()];
}
