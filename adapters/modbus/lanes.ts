import type { Ask } from "./ask.ts";

const mostQueued = 20_000;

/**
 * Who is sent next. Each unit has its own lane and the lanes take turns, so a unit with a thousand waiting reads delays another
 * by one request at most. Writes and awaited reads go first. A unit whose last request timed out is suspect: all suspects together get half the
 * places on the link, so dead units cannot hold up the living. Pure bookkeeping: no clock, no socket.
 */
export class Lanes {
  private readonly lanes: Lane[] = [];
  private readonly byUnit = new Map<number, Lane>();
  private readonly places: number;
  private turn = 0;
  private flying = 0;
  private suspectsFlying = 0;
  private queued = 0;
  private urgent = 0;

  /** `places` is how many requests may fly on the link at once. */
  constructor(places: number) {
    this.places = places;
  }

  get waiting(): number {
    return this.queued;
  }

  /**
   * The units that belong to this link from now on, each with the most requests of it that may fly at once. One that belongs
   * no longer is still served when asked (a scan does), but nobody asks it again and again: its last word says nothing about
   * the link any more.
   */
  belong(units: ReadonlyMap<number, number>): void {
    for (const unit of units.keys()) this.laneOf(unit);
    for (const [unit, lane] of this.byUnit) {
      const most = units.get(unit);
      lane.most = most ?? Infinity;
      lane.belongs = most !== undefined;
      if (!lane.belongs) lane.heard = false;
    }
  }

  /** False when the queue is full. */
  add(ask: Ask): boolean {
    if (this.queued >= mostQueued) return false;
    const lane = this.laneOf(ask.unit);
    (ask.urgent ? lane.urgent : lane.waiting).push(ask);
    this.queued++;
    if (ask.urgent) this.urgent++;
    return true;
  }

  /** Takes the next request that may fly now; undefined when all must wait. A resting unit is passed over until `nowUs` reaches its end. */
  next(nowUs: number): Ask | undefined {
    if (this.queued === 0 || this.flying >= this.places) return undefined;
    if (this.urgent > 0) {
      const first = this.takeTurn(nowUs, "urgent");
      if (first) return first;
    }
    return this.takeTurn(nowUs, "waiting");
  }

  /** The request is over: `answered`, or `silent` when its time ran out, after which the unit rests until `restUntilUs`. */
  finish(ask: Ask, how: "answered" | "silent", restUntilUs = 0): void {
    const lane = this.laneOf(ask.unit);
    lane.flying--;
    this.flying--;
    if (lane.suspect) this.suspectsFlying--;
    const suspect = how === "silent";
    if (!suspect && lane.belongs) lane.heard = true;
    if (suspect !== lane.suspect) {
      // The lane's other requests change sides with it.
      this.suspectsFlying += suspect ? lane.flying : -lane.flying;
      lane.suspect = suspect;
    }
    lane.restUntilUs = suspect ? restUntilUs : 0;
  }

  /**
   * Whether every unit of this link that ever answered is silent now, which is what a dead link looks like; a gateway with one
   * dead unit does not, and one where nobody ever answered does. Units that only a scan has found do not count.
   */
  allSilent(): boolean {
    return this.lanes.every((lane) => lane.suspect || !lane.heard);
  }

  /** Takes a request out of the queue that was not sent yet. */
  remove(ask: Ask): void {
    const lane = this.laneOf(ask.unit);
    const queue = ask.urgent ? lane.urgent : lane.waiting;
    const at = queue.indexOf(ask);
    if (at < 0) return;
    queue.splice(at, 1);
    this.countOut(ask);
  }

  /** When the first resting unit with something to send may go on; undefined when none rests. */
  restEnds(nowUs: number): number | undefined {
    let first: number | undefined;
    for (const lane of this.lanes) {
      if (lane.restUntilUs > nowUs && lane.urgent.length + lane.waiting.length > 0) first = Math.min(first ?? Infinity, lane.restUntilUs);
    }
    return first;
  }

  /** Empties every queue. */
  drain(): Ask[] {
    const all = this.lanes.flatMap((lane) => [...lane.urgent.splice(0), ...lane.waiting.splice(0)]);
    this.queued = 0;
    this.urgent = 0;
    return all;
  }

  private takeTurn(nowUs: number, kind: "urgent" | "waiting"): Ask | undefined {
    const { lanes } = this;
    for (let step = 0; step < lanes.length; step++) {
      const index = (this.turn + step) % lanes.length;
      const lane = lanes[index]!;
      if (lane[kind].length === 0 || lane.flying >= lane.most || lane.restUntilUs > nowUs) continue;
      if (lane.suspect && this.suspectsFlying >= Math.max(1, this.places >> 1)) continue;
      const ask = lane[kind].shift()!;
      this.countOut(ask);
      this.turn = index + 1;
      lane.flying++;
      this.flying++;
      if (lane.suspect) this.suspectsFlying++;
      return ask;
    }
    return undefined;
  }

  private countOut(ask: Ask): void {
    this.queued--;
    if (ask.urgent) this.urgent--;
  }

  private laneOf(unit: number): Lane {
    let lane = this.byUnit.get(unit);
    if (!lane) {
      lane = { most: Infinity, belongs: false, flying: 0, suspect: false, heard: false, restUntilUs: 0, urgent: [], waiting: [] };
      this.byUnit.set(unit, lane);
      this.lanes.push(lane);
    }
    return lane;
  }
}

interface Lane {
  most: number;
  /** Whether one of the link's devices is this unit. */
  belongs: boolean;
  flying: number;
  suspect: boolean;
  heard: boolean;
  restUntilUs: number;
  readonly urgent: Ask[];
  readonly waiting: Ask[];
}
