import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifySchema, type HTTPMethods } from "fastify";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { SiteInfo } from "./services.ts";

/** A route as far as the document is concerned. */
export interface DescribedRoute {
  readonly method: HTTPMethods | HTTPMethods[];
  readonly url: string;
  readonly schema?: FastifySchema;
}

export interface OpenApi {
  /** Answers for a path below /docs. */
  ask(url: string, headers: IncomingHttpHeaders): Promise<{ status: number; headers: OutgoingHttpHeaders; body: Buffer }>;
  close(): Promise<void>;
}

/** Headers that say something about the content, in each direction; the others are the business of the server that is asked. */
const asked = ["accept", "if-none-match", "if-modified-since", "range"] as const;
const answered = /^(content-|cache-control$|etag$|last-modified$|location$|accept-ranges$|vary$)/;

/**
 * The document of all routes and the page that shows it, from a server of its own that does not listen: it knows the routes, none
 * of which does anything here, and is only asked by the one that does listen.
 */
export async function openApi(routes: readonly DescribedRoute[], site: SiteInfo): Promise<OpenApi> {
  const compilersFactory = { buildValidator: () => () => () => true, buildSerializer: () => () => (data: unknown) => JSON.stringify(data) };
  const app = fastify({ logger: false, schemaController: { compilersFactory } } as { logger: false });
  await app.register(swagger, {
    openapi: {
      info: {
        title: "Plainview",
        version: site.version,
        description: "Telemetry, control and replay. The WebSocket protocol at /control is described in /docs/asyncapi.json.",
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          cookie: { type: "apiKey", in: "cookie", name: "plainview_session" },
        },
      },
    },
  });
  for (const route of routes.filter(({ schema }) => schema === undefined || !("hide" in schema)))
    app.route({ ...route, handler: () => "" });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
  await app.ready();
  return {
    async ask(url, headers) {
      const given = Object.fromEntries(asked.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
      const { statusCode, headers: all, rawPayload } = await app.inject({ method: "GET", url, headers: given });
      return {
        status: statusCode,
        headers: Object.fromEntries(Object.entries(all).filter(([name]) => answered.test(name))),
        body: rawPayload,
      };
    },
    close: async () => app.close(),
  };
}
