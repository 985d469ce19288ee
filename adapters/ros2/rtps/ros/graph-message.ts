import { CdrReader, CdrWriter } from "../wire/cdr.ts";
import { Malformed } from "../wire/malformed.ts";
import { guidBytes, type Guid } from "../wire/guid.ts";

/** A ROS node as the graph tells it: a name and the endpoints that belong to it. */
export interface GraphNode {
  readonly namespace: string;
  readonly name: string;
  readonly readers: readonly Guid[];
  readonly writers: readonly Guid[];
}

/** What one participant publishes on `ros_discovery_info`. */
export interface GraphMessage {
  readonly participant: Guid;
  readonly nodes: readonly GraphNode[];
}

/** A gid takes 24 bytes up to Humble and 16 from Iron on. The wrong size makes us invisible there. */
export type GidBytes = 16 | 24;

export const graphTopic = "ros_discovery_info";
export const graphType = "rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_";

export function writeGraph(message: GraphMessage, gidBytes: GidBytes): Uint8Array {
  const cdr = new CdrWriter(512);
  const gid = (guid: Guid) => cdr.octets(Buffer.concat([guidBytes(guid), Buffer.alloc(gidBytes - 16)]));
  gid(message.participant);
  cdr.uint32(message.nodes.length);
  for (const node of message.nodes) {
    cdr.string(node.namespace);
    cdr.string(node.name);
    for (const guids of [node.readers, node.writers]) {
      cdr.uint32(guids.length);
      guids.forEach(gid);
    }
  }
  return cdr.bytesWritten();
}

/** Reads a message of either size: the right one is the one that uses up the payload. */
export function readGraph(payload: Uint8Array): GraphMessage & { readonly gidBytes: GidBytes } {
  for (const gidBytes of [16, 24] as const) {
    const message = tryRead(payload, gidBytes);
    if (message !== undefined) return { ...message, gidBytes };
  }
  throw new Malformed("graph message of neither known size");
}

function tryRead(payload: Uint8Array, gidBytes: GidBytes): GraphMessage | undefined {
  try {
    const cdr = new CdrReader(payload);
    const gid = () => Buffer.from(cdr.octets(gidBytes)).toString("hex", 0, 16);
    const gids = () => Array.from({ length: cdr.sequenceLength(gidBytes) }, gid);
    const participant = gid();
    const count = cdr.sequenceLength(16);
    const nodes: GraphNode[] = [];
    for (let i = 0; i < count; i++) {
      const namespace = cdr.string();
      nodes.push({ namespace, name: cdr.string(), readers: gids(), writers: gids() });
    }
    return cdr.remaining < 4 ? { participant, nodes } : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
