import type { Cancel } from "../environment.ts";
import type { ParticipantEvent } from "../events.ts";
import { graphTopic, graphType, readGraph, writeGraph, type GidBytes, type GraphNode } from "./graph-message.ts";
import { entityIds, prefixOf, toGuid, type Guid, type GuidPrefix } from "../wire/guid.ts";
import type { Participant } from "../participant-types.ts";
import { latchedQos } from "../qos.ts";
import type { LocalReader } from "../reading/reader.ts";
import type { Sample } from "../reading/sample.ts";
import type { LocalWriter } from "../writing/writer.ts";

export interface GraphOptions {
  readonly namespace: string;
  readonly name: string;
  /** The size of a gid here. `auto` goes by what the first ROS participant announces, and by the newer size until then. */
  readonly gidBytes?: GidBytes | "auto";
}

/** A node somewhere in the domain. */
export interface FoundNode extends GraphNode {
  readonly participant: GuidPrefix;
}

/** Participants whose nodes are remembered; the participant's own cap is lower in every sane setting. */
const maxParticipants = 1024;

/** Our place in the ROS graph: one node of our own, and the nodes of everybody else. */
export class RosGraph {
  private readonly participant: Participant;
  private readonly options: GraphOptions;
  private readonly writer: LocalWriter;
  private readonly reader: LocalReader;
  private readonly stop: Cancel;
  private readonly changed: () => void;
  private readonly byParticipant = new Map<GuidPrefix, readonly GraphNode[]>();
  private gidBytes: GidBytes;
  private own: { readonly readers: readonly Guid[]; readonly writers: readonly Guid[] } = { readers: [], writers: [] };
  /** Graph messages that could not be read. */
  unreadable = 0;

  constructor(participant: Participant, options: GraphOptions, changed: () => void = () => {}) {
    this.participant = participant;
    this.options = options;
    this.changed = changed;
    this.gidBytes = options.gidBytes === undefined || options.gidBytes === "auto" ? 16 : options.gidBytes;
    const spec = { topic: graphTopic, type: graphType, qos: latchedQos };
    this.writer = participant.createWriter(spec);
    this.reader = participant.createReader({ ...spec, onSample: (sample) => this.hear(sample) });
    this.stop = participant.listen((event) => this.see(event));
    for (const endpoint of participant.endpoints()) this.see({ kind: "endpoint-found", endpoint });
    this.publish();
  }

  /** Tells the graph which endpoints belong to our node now. */
  setEndpoints(readers: readonly Guid[], writers: readonly Guid[]): void {
    this.own = { readers, writers };
    this.publish();
  }

  nodes(): FoundNode[] {
    return [...this.byParticipant].flatMap(([participant, nodes]) => nodes.map((node) => ({ ...node, participant })));
  }

  /** The node an endpoint belongs to, where its participant has told. */
  nodeOf(guid: Guid): GraphNode | undefined {
    return this.byParticipant.get(prefixOf(guid))?.find((node) => node.readers.includes(guid) || node.writers.includes(guid));
  }

  close(): void {
    this.stop();
    this.participant.remove(this.writer);
    this.participant.remove(this.reader);
  }

  private publish(): void {
    const { namespace, name } = this.options;
    const participant = toGuid(this.participant.prefix, entityIds.participant);
    this.writer.write(writeGraph({ participant, nodes: [{ namespace, name, ...this.own }] }, this.gidBytes));
  }

  private hear(sample: Sample): void {
    if (sample.disposed || sample.payload.length < 4) return;
    const prefix = prefixOf(sample.writer);
    try {
      const { nodes } = readGraph(sample.payload);
      if (!this.byParticipant.has(prefix) && this.byParticipant.size >= maxParticipants) return;
      this.byParticipant.set(prefix, nodes);
      this.changed();
    } catch {
      this.unreadable++;
    }
  }

  private see(event: ParticipantEvent): void {
    if (event.kind === "participant-lost") {
      if (this.byParticipant.delete(event.participant.prefix)) this.changed();
    } else if (event.kind === "endpoint-found" && event.endpoint.topic === graphTopic && this.options.gidBytes === "auto") {
      // From Iron on, ROS announces a type hash with every endpoint; the size of a gid changed in the same release.
      const wanted = event.endpoint.userData?.includes("typehash=") === true ? 16 : 24;
      if (wanted === this.gidBytes) return;
      this.gidBytes = wanted;
      this.publish();
    }
  }
}
