import { clientFrames } from "./client-frames.ts";
import { serverFrames } from "./server-frames.ts";

/** The WebSocket protocol as an AsyncAPI 3.0 document, made of the very schemas that check and type the frames. */
export function asyncApi(version: string): Record<string, unknown> {
  const fromClient = Object.entries(clientFrames);
  const fromServer = Object.entries(serverFrames);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Plainview control channel",
      version,
      description:
        "One JSON object per text frame. Every frame of the gateway carries the timeline it belongs to. Sign in by cookie, bearer header or the frame `auth` within five seconds.",
    },
    defaultContentType: "application/json",
    channels: {
      control: {
        address: "/control",
        messages: Object.fromEntries([
          ...fromClient.map(([name]) => [`client.${name}`, reference("messages", `client.${name}`)]),
          ...fromServer.map(([name]) => [`server.${name}`, reference("messages", `server.${name}`)]),
        ]),
      },
    },
    operations: {
      receive: {
        action: "receive",
        title: "What a client sends",
        channel: { $ref: "#/channels/control" },
        messages: fromClient.map(([name]) => ({ $ref: `#/channels/control/messages/client.${name}` })),
      },
      send: {
        action: "send",
        title: "What the gateway sends",
        channel: { $ref: "#/channels/control" },
        messages: fromServer.map(([name]) => ({ $ref: `#/channels/control/messages/server.${name}` })),
      },
    },
    components: {
      messages: Object.fromEntries([
        ...fromClient.map(([name, schema]) => [`client.${name}`, message(name, schema)]),
        ...fromServer.map(([name, schema]) => [`server.${name}`, message(name, schema)]),
      ]),
    },
  };
}

function reference(kind: string, name: string): { $ref: string } {
  return { $ref: `#/components/${kind}/${name}` };
}

function message(name: string, schema: object): Record<string, unknown> {
  const { description } = schema as { description?: string };
  // A round trip through JSON leaves the schema as a reader of the document will see it.
  return {
    name,
    title: name,
    ...(description !== undefined && { summary: description }),
    payload: JSON.parse(JSON.stringify(schema)) as unknown,
  };
}
