import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TSchema } from "#msgs/schema/type.ts";
import type { SiteServer } from "#src/config/site.ts";
import type { Principal } from "#src/contract/control.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import type { SignedIn } from "./auth/auth.ts";
import { isLoopback, type Callers } from "./auth/caller.ts";
import { hasRight, type Right } from "./auth/rights.ts";
import { checkerFor, CheckError } from "./checking.ts";
import type { EdgeTime } from "./edge-time.ts";
import { HttpRefusal } from "./refusal.ts";
import { openRequestRate } from "./request-rate.ts";
import type { AuditEntry } from "./services.ts";
import { depthOf } from "./session/frames.ts";
import type { Limits } from "./session/limits.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the caller must be allowed to do. A route without it does not start. */
    right?: Right;
    /** Changes something in the plant, in missions or in who may do what. */
    writes?: boolean;
  }
  interface FastifyRequest {
    signedIn: SignedIn | undefined;
  }
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

export interface AppParts {
  readonly server: SiteServer;
  readonly callers: Callers;
  readonly limits: Limits;
  readonly log: Log;
  readonly audit: (entry: AuditEntry) => void;
  readonly time: EdgeTime;
}

/** Addresses whose requests are counted at once. */
const addressesAtMost = 10_000;

/** Handed to fastify at its birth: set later, they would come after it had loaded ajv and fast-json-stringify, a hundred modules. */
const ownCompilers = {
  buildValidator: () => (route: { readonly schema: unknown }) => checkerFor(route.schema as TSchema),
  // Response schemas document; what is sent is what the handler made.
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
};

/** An empty server with everything that holds for all routes: who calls, what they may, how input is checked, how refusals look. */
export async function openApp(parts: AppParts): Promise<App> {
  const { server, callers, limits, log, audit } = parts;
  const app = fastify({
    ...(server.tls && { https: { cert: server.tls.cert, key: server.tls.key } }),
    logger: false,
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: 1_000 },
    forceCloseConnections: true,
    requestTimeout: 30_000,
    // What goes wrong before there is a route, such as an escape in the URL that stands for no text.
    frameworkErrors: answerBroken,
    schemaController: { compilersFactory: ownCompilers },
  } as { bodyLimit: number }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App;

  takeJson(app, limits);
  app.decorateRequest("signedIn", undefined);

  app.addHook("onRoute", (route) => {
    const right = route.config?.right ?? (route.url.startsWith("/docs") ? "open" : undefined);
    if (right === undefined)
      throw new Error(`broken assumption: route ${String(route.method)} ${route.url} does not say what right it asks for`);
    route.config = { ...route.config, right };
  });

  await app.register(helmet, { contentSecurityPolicy: pagePolicy(server), strictTransportSecurity: server.tls !== undefined });

  // First of all: who is refused has asked, and is on record for it.
  app.addHook("onRequest", rateHook(parts));

  app.addHook("onRequest", async (request) => {
    const call = callOf(request.raw, request.ip);
    const route = `${request.method} ${request.routeOptions.url ?? request.url}`;
    const foreign = callers.foreign(call);
    if (foreign) {
      audit({ act: "refused", by: "unknown", data: { asked: route, from: callers.addressOf(call), ...foreign } });
      throw new HttpRefusal(403, foreign);
    }
    const right = request.routeOptions.config.right ?? "open";
    if (right === "open") return;
    const outcome = await callers.identify(call);
    if (!outcome) throw new HttpRefusal(401, { code: "sign-in-needed", message: "sign in, or send a bearer token" });
    if ("refused" in outcome) throw new HttpRefusal(outcome.refused.status, outcome.refused);
    request.signedIn = outcome.ok;
    const { principal } = outcome.ok;
    if (hasRight(principal, right)) return;
    audit({ act: "refused", by: principal.name, data: { asked: route, code: "no-right" } });
    throw new HttpRefusal(403, { code: "no-right", message: `${principal.name} (${principal.role}) may not ${right}` });
  });

  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: "not-found", message: `there is no ${request.method} ${request.url.split("?")[0]}` }),
  );
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = refusalOf(error);
    if (status === 500)
      log.error("a request could not be worked on", {
        route: request.routeOptions.url,
        error: error instanceof Error ? error.stack : String(error),
      });
    return reply.code(status).send(body);
  });
  return app;
}

/** Whoever asks more often than the limit is told when to come back. A path that is no route has nothing to protect. */
function rateHook({ server, callers, limits, time }: AppParts): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const max = limits.requestsPerMinute;
  const count = openRequestRate(max, addressesAtMost);
  return async (request, reply) => {
    if (request.is404 || (!server.proxy && isLoopback(request.ip))) return;
    const { isTooMany, left, resetS } = count(callers.addressOf(callOf(request.raw, request.ip)), time.monotonicMs());
    reply.headers({ "x-ratelimit-limit": max, "x-ratelimit-remaining": left, "x-ratelimit-reset": resetS });
    if (!isTooMany) return;
    reply.header("retry-after", resetS);
    throw new HttpRefusal(429, { code: "too-many-requests", message: `at most ${max} requests a minute; try again in ${resetS} s` });
  };
}

/** The caller of a route whose right is not `open`. */
export function principalOf(request: { signedIn: SignedIn | undefined }): Principal {
  if (!request.signedIn) throw new Error("broken assumption: a route that needs a principal let somebody in without one");
  return request.signedIn.principal;
}

export function callOf(raw: IncomingMessage, ip: string): { method: string; headers: IncomingMessage["headers"]; remoteAddress: string } {
  return { method: raw.method ?? "GET", headers: raw.headers, remoteAddress: ip };
}

/** Only JSON is taken, only so deep, and an empty body is none. */
function takeJson(app: App, limits: Limits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    const text = String(body);
    if (text.trim() === "") return done(null, undefined);
    if (depthOf(text, limits.depth) > limits.depth) return done(new CheckError([`the body nests deeper than ${limits.depth} levels`]));
    try {
      done(null, JSON.parse(text));
    } catch {
      done(new CheckError(["the body is not JSON"]));
    }
  });
}

function answerBroken(error: unknown, _request: unknown, reply: { code(status: number): { send(body: object): unknown } }): unknown {
  const { status, body } = refusalOf(error);
  return reply.code(status).send(body);
}

function pagePolicy(server: SiteServer): { directives: Record<string, string[] | null> } {
  return {
    directives: {
      defaultSrc: ["'self'"],
      connectSrc: ["'self'", "ws:", "wss:"],
      imgSrc: ["'self'", "data:"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      // Would break a gateway that is reached by plain HTTP on its own machine.
      upgradeInsecureRequests: server.tls ? [] : null,
    },
  };
}

function refusalOf(error: unknown): { status: number; body: { code: string; message: string; details?: readonly string[] } } {
  if (error instanceof HttpRefusal) return { status: error.statusCode, body: error.body };
  if (error instanceof CheckError) return { status: 400, body: { code: "bad-request", message: error.message, details: error.details } };
  if (error instanceof GatewayError) return { status: error.canRetry ? 503 : 500, body: { code: error.code, message: error.message } };
  const { statusCode, validation, validationContext } = error as { statusCode?: number; validation?: unknown; validationContext?: string };
  if (validation !== undefined) {
    const details = (validation as { details?: readonly string[] }).details;
    return {
      status: 400,
      body: { code: "bad-request", message: `${validationContext ?? "input"}: ${messageOf(error)}`, ...(details && { details }) },
    };
  }
  if (statusCode === 413) return { status: 413, body: { code: "too-large", message: "the body is larger than this gateway takes" } };
  if (statusCode === 415) return { status: 415, body: { code: "not-json", message: "bodies are application/json" } };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, body: { code: "bad-request", message: messageOf(error) } };
  return { status: 500, body: { code: "internal", message: "the gateway failed on this request; its log says why" } };
}
