import type { RemoteInfo } from "node:dgram";
import type { Environment } from "./environment.ts";
import { entityIds, isBuiltin, prefixOf, toGuid, type GuidPrefix } from "./wire/guid.ts";
import { readMessage } from "./wire/message-reader.ts";
import { readParticipantData } from "./wire/participant-data.ts";
import type { RemoteParticipant } from "./discovery/remote-participant.ts";
import type { Roster } from "./discovery/roster.ts";
import type { AckNack, Data, NackFragments, Submessage } from "./wire/submessage.ts";
import { isLoopback } from "./net/subnet.ts";
import type { LocalWriter } from "./writing/writer.ts";

export interface ReceiverContext {
  readonly prefix: GuidPrefix;
  readonly domain: number;
  readonly env: Environment;
  readonly roster: Roster;
  /** By entity id, builtin ones included. */
  writer(entityId: number): LocalWriter | undefined;
}

/** Takes datagrams apart and brings each submessage to whom it concerns. Nothing that arrives can make it throw. */
export class Receiver {
  private readonly context: ReceiverContext;
  /** Packets and payloads that did not follow the specification. */
  malformed = 0;
  /** What still arrives while we leave must not make anything new. */
  private isClosed = false;

  constructor(context: ReceiverContext) {
    this.context = context;
  }

  accept(packet: Buffer, from: Pick<RemoteInfo, "address">): void {
    if (this.isClosed) return;
    let message;
    try {
      message = readMessage(packet, this.context.prefix);
    } catch (error) {
      this.countMalformed(error);
      return;
    }
    if (message === undefined) return;
    const remote = this.context.roster.get(message.source);
    if (remote !== undefined) remote.heardMs = this.context.env.monoMs();
    for (const submessage of message.submessages) {
      const sender = submessage.prefix === message.source ? remote : this.context.roster.get(submessage.prefix);
      this.handle(submessage, sender, from);
    }
  }

  close(): void {
    this.isClosed = true;
  }

  /** Reading failed on something from outside; anything else is a mistake of ours and goes on. */
  countMalformed(error: unknown): void {
    if (!(error instanceof Error) || (error.name !== "Malformed" && !(error instanceof RangeError))) throw error;
    this.malformed++;
  }

  private handle(submessage: Submessage, remote: RemoteParticipant | undefined, from: Pick<RemoteInfo, "address">): void {
    if (submessage.kind === "data" && submessage.writerId === entityIds.participantWriter) {
      this.announcement(submessage, from);
      return;
    }
    if (remote === undefined) return;
    if (isBuiltin(submessage.writerId) && remote.state === "announced") remote.tell("answered");
    switch (submessage.kind) {
      case "ack":
        this.acknowledged(submessage, remote);
        return;
      case "nack-fragments":
        this.fragmentsAsked(submessage, remote);
        return;
      default:
        this.heard(submessage, remote);
    }
  }

  private heard(submessage: Exclude<Submessage, AckNack | NackFragments>, remote: RemoteParticipant): void {
    const hearings = remote.hearings.get(submessage.writerId);
    if (hearings === undefined) return;
    for (const { reader, matched } of hearings) {
      if (submessage.readerId !== 0 && submessage.readerId !== reader.entityId) continue;
      const { proxy } = matched;
      switch (submessage.kind) {
        case "data":
          proxy.data(submessage);
          break;
        case "fragments":
          proxy.fragments(submessage);
          break;
        case "heartbeat":
          if (submessage.liveliness) matched.liveliness?.heard();
          proxy.heartbeat(submessage);
          break;
        case "gap":
          proxy.gap(submessage);
          break;
        case "heartbeat-fragments":
          proxy.heartbeatFragments(submessage);
          break;
      }
    }
  }

  private acknowledged(ack: AckNack, remote: RemoteParticipant): void {
    this.context.writer(ack.writerId)?.onAckNack(toGuid(remote.prefix, ack.readerId), ack);
  }

  private fragmentsAsked(nack: NackFragments, remote: RemoteParticipant): void {
    this.context.writer(nack.writerId)?.onNackFragments(toGuid(remote.prefix, nack.readerId), nack);
  }

  private announcement(data: Data, from: Pick<RemoteInfo, "address">): void {
    const { roster, domain, prefix } = this.context;
    if (data.inline?.disposed === true) {
      // Nobody signs off for another participant.
      const gone = prefixOf(data.inline.key ?? toGuid(data.prefix, entityIds.participant));
      if (gone === data.prefix) roster.lose(gone, "disposed");
      return;
    }
    try {
      const participant = readParticipantData(data.payload);
      if (participant === undefined || participant.prefix === prefix) return;
      // Port sharing and misconfigured networks bring announcements of other domains to us.
      if (participant.domain !== undefined && participant.domain !== domain) return;
      roster.announce(participant, isLoopback(from.address));
    } catch (error) {
      this.countMalformed(error);
    }
  }
}
