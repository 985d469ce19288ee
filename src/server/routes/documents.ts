import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { asyncApi } from "#msgs/wire/asyncapi.ts";
import type { App } from "../app.ts";
import type { SiteInfo } from "../services.ts";

/** Must come before the routes it describes. */
export async function openApiOf(app: App, site: SiteInfo): Promise<void> {
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
}

/** OpenAPI at /docs for people and /docs/json for programs; AsyncAPI beside it. */
export async function documentRoutes(app: App, site: SiteInfo): Promise<void> {
  app.get(
    "/docs/asyncapi.json",
    { config: { right: "open" }, schema: { tags: ["gateway"], summary: "The WebSocket protocol as an AsyncAPI document" } },
    () => asyncApi(site.version),
  );
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
}
