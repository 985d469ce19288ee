import type { Room } from "../plant/room.ts";

/** Robots and other ROS 2 nodes, as discovery sees them. */
export function Nodes({ room }: { room: Room }) {
  return (
    <div class="rows nodes">
      {room.nodes.items.value.map((node) => (
        <div key={node.id} class="node-row">
          <b class="id">{node.id}</b>
          <span>{node.name}</span>
          <span class="state">{node.state}</span>
          <span class="why">{detailsText(node)}</span>
        </div>
      ))}
    </div>
  );
}

function detailsText(node: Readonly<Record<string, unknown>>): string {
  const { id: _id, name: _name, state: _state, ...rest } = node;
  return Object.entries(rest)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" · ")
    .slice(0, 300);
}
