import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Demo } from "../start.ts";
import { answerRequest } from "./requests.ts";

export interface ControlDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** A request body longer than this is refused. */
const bodyLimit = 64 * 1024;

/** The small HTTP door on loopback through which tests, the command line and people break things. */
export async function startControlDoor(demo: Demo, port: number): Promise<ControlDoor> {
  const server = createServer((request, response) => {
    serve(demo, request, response).catch((error: unknown) => {
      reply(response, 500, { message: error instanceof Error ? error.message : String(error) });
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

async function serve(demo: Demo, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page in a browser on this machine may not break the plant: browsers say where they come from.
  if (request.headers.origin !== undefined) return reply(response, 403, { message: "not for browsers" });
  const body = await readBody(request);
  if (typeof body === "string") return reply(response, 400, { message: body });
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const answer = await answerRequest(demo, request.method ?? "GET", url, body.value);
  reply(response, answer.status, answer.body);
}

async function readBody(request: IncomingMessage): Promise<{ value: unknown } | string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimit) return `the body is longer than ${bodyLimit} bytes`;
    chunks.push(chunk);
  }
  if (length === 0) return { value: {} };
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch {
    return "the body is not JSON";
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
