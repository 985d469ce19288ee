import type { EndpointData, Guid, ParticipantEvent } from "../rtps/index.ts";

/** The writers and readers of everybody else, by DDS topic. */
export class EndpointIndex {
  private readonly byTopic = new Map<string, Map<Guid, EndpointData>>();

  see(event: ParticipantEvent): void {
    if (event.kind === "endpoint-found") {
      const { endpoint } = event;
      const known = this.byTopic.get(endpoint.topic);
      if (known === undefined) this.byTopic.set(endpoint.topic, new Map([[endpoint.guid, endpoint]]));
      else known.set(endpoint.guid, endpoint);
    } else if (event.kind === "endpoint-lost") {
      const known = this.byTopic.get(event.endpoint.topic);
      known?.delete(event.endpoint.guid);
      if (known?.size === 0) this.byTopic.delete(event.endpoint.topic);
    }
  }

  topics(): Iterable<string> {
    return this.byTopic.keys();
  }

  of(topic: string, kind: EndpointData["kind"]): EndpointData[] {
    return [...(this.byTopic.get(topic)?.values() ?? [])].filter((endpoint) => endpoint.kind === kind);
  }
}
