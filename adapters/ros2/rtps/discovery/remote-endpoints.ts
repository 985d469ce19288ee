import type { LossReason, ParticipantEvent } from "../events.ts";
import type { Limits } from "../limits.ts";
import type { EndpointData } from "../wire/endpoint-data.ts";
import { entityIdOf, isBuiltin, prefixOf, type Guid, type GuidPrefix } from "../wire/guid.ts";
import type { Matcher } from "./matcher.ts";
import type { RemoteParticipant } from "./remote-participant.ts";

export interface RemoteEndpointsContext {
  readonly limits: Limits;
  readonly matcher: Matcher;
  find(prefix: GuidPrefix): RemoteParticipant | undefined;
  report(event: ParticipantEvent): void;
}

/** The writers and readers of everybody else: takes announcements in, within the caps, and has them matched. */
export class RemoteEndpoints {
  private readonly context: RemoteEndpointsContext;
  count = 0;
  /** Announcements left out because a cap was reached. */
  refused = 0;

  constructor(context: RemoteEndpointsContext) {
    this.context = context;
  }

  /** An endpoint is new or has changed its mind. */
  announced(endpoint: EndpointData): void {
    const remote = this.context.find(prefixOf(endpoint.guid));
    if (remote === undefined || isBuiltin(entityIdOf(endpoint.guid))) return;
    const isNew = !remote.endpoints.has(endpoint.guid);
    if (isNew && !this.hasRoomFor(remote)) return;
    remote.endpoints.set(endpoint.guid, endpoint);
    if (isNew) {
      this.count++;
      this.context.report({ kind: "endpoint-found", endpoint });
    }
    this.context.matcher.meetRemote(endpoint, remote);
  }

  retracted(guid: Guid): void {
    const remote = this.context.find(prefixOf(guid));
    const endpoint = remote?.endpoints.get(guid);
    if (remote === undefined || endpoint === undefined) return;
    remote.endpoints.delete(guid);
    this.forget(endpoint, remote, "disposed");
  }

  /** The participant is gone and everything it had with it. */
  left(remote: RemoteParticipant, reason: LossReason): void {
    for (const endpoint of remote.endpoints.values()) this.forget(endpoint, remote, reason);
    remote.endpoints.clear();
  }

  private forget(endpoint: EndpointData, remote: RemoteParticipant, reason: LossReason): void {
    this.count--;
    this.context.matcher.partRemote(endpoint, remote);
    this.context.report({ kind: "endpoint-lost", endpoint, reason });
  }

  private hasRoomFor(remote: RemoteParticipant): boolean {
    const { endpoints, endpointsPerParticipant } = this.context.limits;
    const ofIts = remote.endpoints.size >= endpointsPerParticipant;
    if (!ofIts && this.count < endpoints) return true;
    if (this.refused++ === 0) {
      this.context.report({ kind: "limit-reached", limit: ofIts ? "endpointsPerParticipant" : "endpoints", by: remote.prefix });
    }
    return false;
  }
}
