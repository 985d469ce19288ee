import type { FastifyReply, FastifyRequest } from "fastify";
import { asyncApi } from "#msgs/wire/asyncapi.ts";
import type { App } from "../app.ts";
import type { DescribedRoute, OpenApi } from "../open-api.ts";
import type { SiteInfo } from "../services.ts";

/** Notes every route that is added after it, for the document. */
export function notedRoutes(app: App): readonly DescribedRoute[] {
  const routes: DescribedRoute[] = [];
  app.addHook("onRoute", ({ method, url, schema }) => {
    if (method !== "HEAD") routes.push({ method, url, ...(schema && { schema }) });
  });
  return routes;
}

/** OpenAPI at /docs for people and /docs/json for programs; AsyncAPI beside it. */
export function documentRoutes(app: App, site: SiteInfo, routes: readonly DescribedRoute[]): void {
  const ask = openedOnce(app, site, routes);
  app.get(
    "/docs/asyncapi.json",
    { config: { right: "open" }, schema: { tags: ["gateway"], summary: "The WebSocket protocol as an AsyncAPI document" } },
    () => asyncApi(site.version),
  );
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { status, headers, body } = await ask(request.url, request.headers);
    return status === 404 ? reply.callNotFound() : reply.code(status).headers(headers).send(body);
  };
  app.get("/docs", { config: { right: "open" }, schema: { hide: true } }, answer);
  app.get("/docs/*", { config: { right: "open" }, schema: { hide: true } }, answer);
}

/** What makes the document and the page around it is loaded by the first who opens it, and closed with the server. */
function openedOnce(app: App, site: SiteInfo, routes: readonly DescribedRoute[]): OpenApi["ask"] {
  let opening: Promise<OpenApi> | undefined;
  const open = async (): Promise<OpenApi> => {
    try {
      return await (await import("../open-api.ts")).openApi(routes, site);
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  app.addHook("onClose", async () => {
    await opening?.then(({ close }) => close(), () => undefined); // prettier-ignore
  });
  return async (url, headers) => (await (opening ??= open())).ask(url, headers);
}
