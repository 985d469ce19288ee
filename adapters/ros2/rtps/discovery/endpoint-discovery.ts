import { joinBuiltins, partBuiltins, publicationsBuiltins, subscriptionsBuiltins, type BuiltinPair } from "./builtin-endpoints.ts";
import { readEndpointData, readEndpointGuid, writeEndpointData, writeEndpointDisposal, type EndpointData } from "../wire/endpoint-data.ts";
import { entityIds, prefixOf, type Guid, type GuidPrefix } from "../wire/guid.ts";
import { disposalInline } from "../wire/participant-data.ts";
import { latchedQos } from "../qos.ts";
import { LocalReader, type ReaderContext } from "../reading/reader.ts";
import type { RemoteParticipant } from "./remote-participant.ts";
import type { Sample } from "../reading/sample.ts";
import { LocalWriter } from "../writing/writer.ts";
import type { WriterContext } from "../writing/writer-types.ts";

export interface EndpointDiscoveryContext {
  readonly reader: ReaderContext;
  readonly writer: WriterContext;
  announced(endpoint: EndpointData): void;
  retracted(guid: Guid): void;
  malformed(error: unknown): void;
}

/** Endpoint discovery (SEDP): tells our writers and readers to every participant and hears of theirs. */
export class EndpointDiscovery {
  private readonly publications: BuiltinPair;
  private readonly subscriptions: BuiltinPair;
  private readonly context: EndpointDiscoveryContext;

  constructor(prefix: GuidPrefix, context: EndpointDiscoveryContext) {
    this.context = context;
    const pair = (writerId: number, readerId: number, kind: EndpointData["kind"]) => {
      const common = { prefix, topic: "", type: "", qos: latchedQos };
      return {
        writer: new LocalWriter({ ...common, entityId: writerId, channel: "discovery" }, context.writer),
        reader: new LocalReader({ ...common, entityId: readerId, onSample: (sample) => this.hear(kind, sample) }, context.reader),
      };
    };
    this.publications = { ...pair(entityIds.publicationsWriter, entityIds.publicationsReader, "writer"), ...publicationsBuiltins };
    this.subscriptions = { ...pair(entityIds.subscriptionsWriter, entityIds.subscriptionsReader, "reader"), ...subscriptionsBuiltins };
  }

  get writers(): readonly LocalWriter[] {
    return [this.publications.writer, this.subscriptions.writer];
  }

  get readers(): readonly LocalReader[] {
    return [this.publications.reader, this.subscriptions.reader];
  }

  announce(endpoint: EndpointData): void {
    this.writerFor(endpoint.kind).write(writeEndpointData(endpoint), { key: endpoint.guid });
  }

  retract(kind: EndpointData["kind"], guid: Guid): void {
    this.writerFor(kind).write(writeEndpointDisposal(guid), { key: guid, keyOnly: true, inline: disposalInline(guid) });
  }

  join(remote: RemoteParticipant): void {
    joinBuiltins(this.publications, remote);
    joinBuiltins(this.subscriptions, remote);
  }

  part(remote: RemoteParticipant): void {
    partBuiltins(this.publications, remote);
    partBuiltins(this.subscriptions, remote);
  }

  close(): void {
    for (const writer of this.writers) writer.close();
    for (const reader of this.readers) reader.close();
  }

  private writerFor(kind: EndpointData["kind"]): LocalWriter {
    return (kind === "writer" ? this.publications : this.subscriptions).writer;
  }

  private hear(kind: EndpointData["kind"], sample: Sample): void {
    try {
      if (sample.disposed) {
        const guid = sample.key ?? (sample.payload.length > 0 ? readEndpointGuid(sample.payload) : undefined);
        if (guid !== undefined && prefixOf(guid) === prefixOf(sample.writer)) this.context.retracted(guid);
        return;
      }
      const endpoint = readEndpointData(kind, sample.payload);
      // Nobody speaks for another participant's endpoints.
      if (endpoint !== undefined && prefixOf(endpoint.guid) === prefixOf(sample.writer)) this.context.announced(endpoint);
    } catch (error) {
      this.context.malformed(error);
    }
  }
}
