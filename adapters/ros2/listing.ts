import type { Robot } from "./config.ts";
import type { TopicCounters } from "./feeds.ts";
import { topicFits } from "./transport/pattern.ts";
import type { EndpointInfo, Transport } from "./transport/transport.ts";

/** Entries of one list that are shown; a domain with more is told as a number. */
const mostShown = 2000;

/** Nodes, topics and services as `GET /ros2/nodes`, `/ros2/topics` and `/ros2/services` show them. */
export function listing(transport: Transport, robots: readonly Robot[], counters: ReadonlyMap<string, TopicCounters>) {
  const nodes = transport.nodes().map((node) => {
    const robot = robots.find(
      ({ root, node: own }) => own === node.name || node.publishes.some((topic) => topicFits(root, topic) || topic.startsWith(`${root}/`)),
    );
    return { name: node.name, publishes: node.publishes.slice(0, 100), ...(robot && { device: robot.id }), state: "up" };
  });
  const topics = transport.topics().map(({ name, types, publishers, subscribers }) => ({
    name,
    types,
    publishers: publishers.slice(0, 20).map(endpoint),
    subscribers: subscribers.slice(0, 20).map(endpoint),
    ...counters.get(name),
  }));
  const services = transport.services();
  return {
    nodes: nodes.slice(0, mostShown),
    topics: topics.slice(0, mostShown),
    services: services.slice(0, mostShown),
    counts: { nodes: nodes.length, topics: topics.length, services: services.length },
  };
}

function endpoint({ node, qos }: EndpointInfo) {
  if (qos === undefined) return { node };
  const { reliability, durability, deadlineMs } = qos;
  return { node, reliability, durability, ...(deadlineMs !== Infinity && { deadlineMs }) };
}
