import { Type } from "#msgs/schema/type.ts";
import { FirstAdminBody, NewKeyBody, NewUserBody, Refused, SessionJson, SignInAnswer, SignInBody } from "#msgs/wire/http.ts";
import { PrincipalJson } from "#msgs/wire/values.ts";
import { formatTime, parseTime } from "#msgs/time.ts";
import { callOf, principalOf, type App } from "../app.ts";
import { principalOf as principalOfUser, type Outcome } from "../auth/auth.ts";
import { cookieName } from "../auth/caller.ts";
import { hasRight } from "../auth/rights.ts";
import { HttpRefusal, unknownId } from "../refusal.ts";
import type { Gear } from "./gear.ts";

const admin = { right: "administer", writes: true } as const;
const idOf = (request: { params: unknown }): string => (request.params as { id: string }).id;
const NewKeyAnswer = Type.Object({ id: Type.String(), name: Type.String(), role: Type.String(), key: Type.String(), note: Type.String() });

/** Signing in and out, sessions, users and API keys. */
export function accountRoutes(app: App, gear: Gear): void {
  signInRoutes(app, gear);
  sessionRoutes(app, gear);
  userRoutes(app, gear);
  keyRoutes(app, gear);
}

function signInRoutes(app: App, { auth, callers, services, options }: Gear): void {
  const secure = options.server.tls !== undefined || options.server.proxy ? "; Secure" : "";
  const cookie = (token: string, maxAge: number): string =>
    `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`;

  app.post(
    "/auth/sign-in",
    {
      config: { right: "open", writes: true },
      schema: { tags: ["auth"], body: SignInBody, response: { 200: SignInAnswer, 401: Refused } },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const signedIn = ok(await auth.signIn(name, password, callers.addressOf(callOf(request.raw, request.ip))));
      const expiresAtMs = signedIn.expiresAtMs ?? auth.nowMs();
      void reply.header("set-cookie", cookie(signedIn.token, Math.max(0, Math.floor((expiresAtMs - auth.nowMs()) / 1000))));
      return { token: signedIn.token, expiresAt: formatTime(expiresAtMs * 1000), principal: mutable(signedIn.principal) };
    },
  );

  app.post("/auth/sign-out", { config: { right: "read", writes: true }, schema: { tags: ["auth"] } }, (request, reply) => {
    const [kind, id] = (request.signedIn?.credential ?? "").split(":", 2);
    if (kind === "session" && id !== undefined) {
      auth.sessions.end(id);
      services.audit({ act: "signed-out", by: principalOf(request).name, data: { session: id } });
    }
    return reply.header("set-cookie", cookie("", 0)).code(204).send();
  });

  app.get("/auth/me", { config: { right: "read" }, schema: { tags: ["auth"], response: { 200: PrincipalJson } } }, (request) =>
    mutable(principalOf(request)),
  );

  app.post(
    "/auth/first-admin",
    {
      config: { right: "open", writes: true },
      schema: { tags: ["auth"], body: FirstAdminBody, response: { 201: PrincipalJson, 401: Refused } },
    },
    async (request, reply) => {
      const { token, name, password } = request.body;
      const user = ok(await auth.makeFirstAdmin(token, name, password, callers.addressOf(callOf(request.raw, request.ip))));
      reply.code(201);
      return mutable(principalOfUser(user));
    },
  );
}

function sessionRoutes(app: App, { auth, services, sessions }: Gear): void {
  app.get(
    "/auth/sessions",
    { config: { right: "read" }, schema: { tags: ["auth"], response: { 200: Type.Array(SessionJson) } } },
    (request) => {
      const principal = principalOf(request);
      const all = hasRight(principal, "administer");
      return auth.sessions
        .list(auth.nowMs())
        .filter(({ user }) => all || user === principal.name)
        .flatMap((session) => {
          const owner = auth.users.get(session.user);
          if (!owner) return [];
          const sockets = [...sessions()].filter(({ signedIn }) => signedIn?.credential === `session:${session.id}`).length;
          const { id, from } = session;
          const times = { createdAt: session.createdAtMs, expiresAt: session.expiresAtMs, lastSeenAt: session.lastSeenAtMs };
          return [{ id, from, sockets, principal: mutable(principalOfUser(owner)), ...textTimes(times) }];
        });
    },
  );

  app.delete(
    "/auth/sessions/:id",
    { config: { right: "read", writes: true }, schema: { tags: ["auth"], response: { 204: Type.Null(), 404: Refused } } },
    (request, reply) => {
      const principal = principalOf(request);
      const session = auth.sessions.get(idOf(request), auth.nowMs());
      // Somebody else's session is not told to exist.
      if (!session || (session.user !== principal.name && !hasRight(principal, "administer"))) throw unknownId("session", idOf(request));
      auth.sessions.end(session.id);
      services.audit({ act: "session-ended", by: principal.name, data: { session: session.id, user: session.user } });
      reply.code(204);
      return null;
    },
  );
}

function userRoutes(app: App, { auth, services }: Gear): void {
  app.get(
    "/auth/users",
    { config: { right: "administer" }, schema: { tags: ["auth"], response: { 200: Type.Array(PrincipalJson) } } },
    () => auth.users.list().map((user) => ({ id: user.name, ...mutable(principalOfUser(user)) })),
  );

  app.post(
    "/auth/users",
    { config: admin, schema: { tags: ["auth"], body: NewUserBody, response: { 201: PrincipalJson, 409: Refused } } },
    async (request, reply) => {
      const user = ok(await auth.putUser(request.body));
      services.audit({
        act: "user-made",
        by: principalOf(request).name,
        data: { name: user.name, role: user.role, areas: user.areas ?? null },
      });
      reply.code(201);
      return mutable(principalOfUser(user));
    },
  );

  app.delete(
    "/auth/users/:id",
    { config: admin, schema: { tags: ["auth"], response: { 204: Type.Null(), 404: Refused } } },
    (request, reply) => {
      if (!auth.removeUser(idOf(request))) throw unknownId("user", idOf(request));
      services.audit({ act: "user-removed", by: principalOf(request).name, data: { name: idOf(request) } });
      reply.code(204);
      return null;
    },
  );
}

function keyRoutes(app: App, { auth, services }: Gear): void {
  app.get("/auth/keys", { config: { right: "administer" }, schema: { tags: ["auth"] } }, () =>
    auth.keys.list().map(({ hash: _hash, expiresAtMs, ...key }) => ({
      id: key.name,
      ...key,
      ...(expiresAtMs !== undefined && { expiresAt: formatTime(expiresAtMs * 1000) }),
    })),
  );

  app.post(
    "/auth/keys",
    { config: admin, schema: { tags: ["auth"], body: NewKeyBody, response: { 201: NewKeyAnswer, 409: Refused } } },
    async (request, reply) => {
      const { name, role, areas, expiresAt } = request.body;
      if (auth.keys.list().some((key) => key.name === name))
        throw new HttpRefusal(409, { code: "name-taken", message: `there is a key "${name}" already` });
      const until = expiresAt === undefined ? undefined : parseTime(expiresAt);
      const key = await auth.keys.make({
        name,
        role,
        ...(areas && { areas }),
        ...(until !== undefined && { expiresAtMs: Math.floor(until / 1000) }),
      });
      services.audit({ act: "key-made", by: principalOf(request).name, data: { name, role, areas: areas ?? null } });
      return reply.code(201).send({ id: name, name, role, key, note: "shown once; only its hash is kept" });
    },
  );

  app.delete(
    "/auth/keys/:id",
    { config: admin, schema: { tags: ["auth"], response: { 204: Type.Null(), 404: Refused } } },
    (request, reply) => {
      if (!auth.keys.remove(idOf(request))) throw unknownId("key", idOf(request));
      services.audit({ act: "key-removed", by: principalOf(request).name, data: { name: idOf(request) } });
      reply.code(204);
      return null;
    },
  );
}

function ok<T>(outcome: Outcome<T>): T {
  if ("ok" in outcome) return outcome.ok;
  throw new HttpRefusal(outcome.refused.status, outcome.refused);
}

function textTimes<Names extends string>(times: Record<Names, number>): Record<Names, string> {
  return Object.fromEntries(Object.entries<number>(times).map(([name, ms]) => [name, formatTime(ms * 1000)])) as Record<Names, string>;
}

function mutable(principal: ReturnType<typeof principalOf>): PrincipalJson {
  return { name: principal.name, kind: principal.kind, role: principal.role, ...(principal.areas && { areas: [...principal.areas] }) };
}
