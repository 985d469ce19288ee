import type { FastifyReply, FastifyRequest } from "fastify";
import { readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { App } from "../app.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** A name in the folder of assets: no separator of any system is in it, so it leads nowhere else. */
const assetName = /^[\w-][\w.-]{0,200}$/;

/** The built control room. The page itself is open: it has to show the sign-in. */
export function screenRoutes(app: App, folder: string): void {
  app.get("/", { config: { right: "open" }, schema: { hide: true } }, (request, reply) =>
    sendFile(request, reply, join(folder, "index.html")),
  );
  app.get("/assets/:name", { config: { right: "open" }, schema: { hide: true } }, (request, reply) => {
    const { name } = request.params as { name: string };
    return assetName.test(name) ? sendFile(request, reply, join(folder, "assets", name)) : reply.callNotFound();
  });
}

/** Whole, for a build has a few files of some hundred kB; a browser that has it already is told so. */
async function sendFile(request: FastifyRequest, reply: FastifyReply, path: string): Promise<unknown> {
  let tag: string;
  let bytes: Buffer;
  try {
    const { size, mtimeMs } = await stat(path);
    tag = `W/"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`;
    reply.header("etag", tag).header("cache-control", "public, max-age=0");
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    bytes = await readFile(path);
  } catch {
    return reply.callNotFound();
  }
  return reply.type(types[extname(path)] ?? "application/octet-stream").send(bytes);
}
