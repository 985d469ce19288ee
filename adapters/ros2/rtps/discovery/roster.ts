import type { Environment } from "../environment.ts";
import type { LossReason, ParticipantEvent } from "../events.ts";
import type { GuidPrefix } from "../wire/guid.ts";
import type { Limits } from "../limits.ts";
import type { ParticipantData } from "../wire/participant-data.ts";
import { RemoteParticipant } from "./remote-participant.ts";
import type { Routes } from "../net/routes.ts";

export interface RosterContext {
  readonly env: Environment;
  readonly limits: Limits;
  readonly routes: Routes;
  report(event: ParticipantEvent): void;
  /** A participant is new and reachable. */
  joined(remote: RemoteParticipant): void;
  /** It is reached by another way from now on. */
  moved(remote: RemoteParticipant): void;
  /** It is gone; everything it had is still listed in it. */
  left(remote: RemoteParticipant, reason: LossReason): void;
}

/** Who is out there: takes announcements in, within the caps, and lets leases run out. */
export class Roster {
  private readonly participants = new Map<GuidPrefix, RemoteParticipant>();
  private readonly context: RosterContext;
  private fullTold = false;
  /** Announcements left out because a cap was reached. */
  refused = 0;
  /** Announcements left out because none of their locators may be sent to. */
  unreachable = 0;

  constructor(context: RosterContext) {
    this.context = context;
  }

  get(prefix: GuidPrefix): RemoteParticipant | undefined {
    return this.participants.get(prefix);
  }

  all(): Iterable<RemoteParticipant> {
    return this.participants.values();
  }

  get size(): number {
    return this.participants.size;
  }

  /** An announcement arrived. */
  announce(data: ParticipantData, fromLoopback: boolean): void {
    const known = this.participants.get(data.prefix);
    if (known === undefined) this.take(data, fromLoopback);
    else this.refresh(known, data);
  }

  lose(prefix: GuidPrefix, reason: LossReason): void {
    const remote = this.participants.get(prefix);
    if (remote === undefined) return;
    remote.tell(reason);
    this.participants.delete(prefix);
    this.fullTold = false;
    this.context.left(remote, reason);
    this.context.report({ kind: "participant-lost", participant: remote.data, reason });
  }

  /** Lets go of everybody who has been silent for longer than they said they would be. */
  expire(): void {
    const now = this.context.env.monoMs();
    for (const remote of [...this.participants.values()]) {
      if (now - remote.heardMs > remote.data.leaseMs) this.lose(remote.prefix, "lease-ran-out");
    }
  }

  private take(data: ParticipantData, fromLoopback: boolean): void {
    const remote = new RemoteParticipant(data, fromLoopback, this.context.env.monoMs());
    remote.chooseRoutes(this.context.routes);
    if (remote.discovery.route === undefined) {
      this.unreachable++;
      return;
    }
    if (!this.makeRoom()) {
      this.refused++;
      if (!this.fullTold) this.context.report({ kind: "limit-reached", limit: "participants", by: data.prefix });
      this.fullTold = true;
      return;
    }
    this.participants.set(data.prefix, remote);
    this.context.report({ kind: "participant-found", participant: data });
    this.context.joined(remote);
  }

  private refresh(remote: RemoteParticipant, data: ParticipantData): void {
    const { name, userData } = remote.data;
    remote.tell("announced");
    remote.heardMs = this.context.env.monoMs();
    remote.data = data;
    const moved = remote.chooseRoutes(this.context.routes);
    if (moved) this.context.moved(remote);
    if (moved || name !== data.name || userData !== data.userData) {
      this.context.report({ kind: "participant-changed", participant: data });
    }
  }

  /** Room for one more that has only announced itself: the oldest of its kind goes, a proven one never. */
  private makeRoom(): boolean {
    const announced = [...this.participants.values()].filter((remote) => remote.state === "announced");
    const proven = this.participants.size - announced.length;
    const { participants, announcedParticipants } = this.context.limits;
    if (proven >= participants) return false;
    if (announced.length >= announcedParticipants) {
      this.refused++;
      this.lose(announced[0]!.prefix, "evicted");
    }
    return true;
  }
}
