import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { dial, event, ofType } from "#test/fakes/socket.ts";
import { silentLog } from "#src/kit/log.ts";
import { openServer } from "../open-server.ts";
import type { Server } from "../services.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(rig: Rig): Promise<Server> {
  const server = await rig.listen();
  open.push(server);
  return server;
}

const json = { "content-type": "application/json" };
const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** A site without auth.loopback, with an administrator made by the one-time token. */
async function withAdmin(about: Parameters<typeof serverRig>[0] = {}): Promise<{ rig: Rig; server: Server; token: string }> {
  const rig = serverRig({ ...about, auth: { loopback: undefined as never, ...about.auth } });
  const server = await start(rig);
  const made = await post(`${server.url}/auth/first-admin`, { token: rig.firstToken(), name: "root", password: "a long pass phrase" });
  expect(made.status).toBe(201);
  const signedIn = await post(`${server.url}/auth/sign-in`, { name: "root", password: "a long pass phrase" });
  const { token } = (await signedIn.json()) as { token: string };
  return { rig, server, token };
}

describe("passwords", () => {
  it("match their own hash and no other", async () => {
    const hash = await hashPassword("correct horse", 10);
    expect(hash).toMatch(/^scrypt\$10\$8\$1\$/);
    expect(await passwordMatches("correct horse", hash)).toBe(true);
    expect(await passwordMatches("correct hors", hash)).toBe(false);
  });

  it("a hash that is damaged or too dear to check matches nothing", async () => {
    expect(await passwordMatches("x", "scrypt$30$8$1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA")).toBe(false);
    expect(await passwordMatches("x", "plain")).toBe(false);
  });
});

describe("signing in", () => {
  it("asks everyone when the site file says nothing of loopback", async () => {
    const server = await start(serverRig({ auth: { loopback: undefined as never } }));
    expect((await fetch(`${server.url}/points`)).status).toBe(401);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it("the one-time token makes one administrator, once", async () => {
    const { rig, server } = await withAdmin();
    const again = await post(`${server.url}/auth/first-admin`, { token: rig.firstToken(), name: "eve", password: "a long pass phrase" });
    expect(again.status).toBe(401);
    expect(rig.audited.map(({ act }) => act)).toContain("user-made");
  });

  it("gives a cookie that only the same site sends and no script reads", async () => {
    const { server } = await withAdmin();
    const answer = await post(`${server.url}/auth/sign-in`, { name: "root", password: "a long pass phrase" });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const me = await fetch(`${server.url}/auth/me`, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(await me.json()).toMatchObject({ name: "root", role: "admin", kind: "person" });
    const wire = await dial(server.url, { cookie: cookie.split(";")[0] ?? "" });
    open.push(wire);
    expect(await wire.next(event("connected"))).toMatchObject({ data: { principal: { name: "root" } } });
  });

  it("locks a name after repeated failures, also for the right password", async () => {
    const { rig, server } = await withAdmin();
    for (let i = 0; i < 3; i++) expect((await post(`${server.url}/auth/sign-in`, { name: "root", password: "wrong" })).status).toBe(401);
    const shut = await post(`${server.url}/auth/sign-in`, { name: "root", password: "a long pass phrase" });
    expect(shut.status).toBe(429);
    expect(await shut.json()).toMatchObject({ code: "locked" });
    expect(rig.audited.map(({ act }) => act)).toContain("locked");
  });

  it("ends the oldest session of a user beyond the configured number", async () => {
    const { server, token } = await withAdmin();
    for (let i = 0; i < 3; i++) await post(`${server.url}/auth/sign-in`, { name: "root", password: "a long pass phrase" });
    expect((await fetch(`${server.url}/auth/me`, { headers: bearer(token) })).status).toBe(401);
  });

  it("refuses tokens that are forged, from another gateway or for an ended session", async () => {
    const { server, token } = await withAdmin();
    const [head, , signature] = token.split(".");
    const claims = Buffer.from(JSON.stringify({ sub: "root", jti: "x", aud: "plainview", exp: 4e9 })).toString("base64url");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const forged of [`${head}.${claims}.${signature}`, `${none}.${claims}.`, "nonsense", "a.b.c"]) {
      expect((await fetch(`${server.url}/auth/me`, { headers: bearer(forged) })).status, forged).toBe(401);
    }
    expect((await post(`${server.url}/auth/sign-out`, {}, bearer(token))).status).toBe(204);
    expect((await fetch(`${server.url}/auth/me`, { headers: bearer(token) })).status).toBe(401);
  });

  it("lists sessions and ends one from afar, with its socket", async () => {
    const { server, token } = await withAdmin();
    const wire = await dial(server.url);
    open.push(wire);
    wire.send({ type: "auth", token });
    await wire.next(event("signed-in"));
    const [session] = (await (await fetch(`${server.url}/auth/sessions`, { headers: bearer(token) })).json()) as {
      id: string;
      sockets: number;
    }[];
    expect(session?.sockets).toBe(1);
    const ended = await fetch(`${server.url}/auth/sessions/${session?.id}`, { method: "DELETE", headers: bearer(token) });
    expect(ended.status).toBe(204);
    expect((await wire.closed).code).toBe(4401);
  });

  it("gives programs keys that are shown once, write at 16, keep to their areas and can be taken back", async () => {
    const { rig, server, token } = await withAdmin();
    const made = await post(`${server.url}/auth/keys`, { name: "optimiser", role: "operator", areas: ["north"] }, bearer(token));
    const { key } = (await made.json()) as { key: string };
    expect(JSON.stringify(await (await fetch(`${server.url}/auth/keys`, { headers: bearer(token) })).json())).not.toContain("scrypt");
    const write = (point: string): Promise<Response> => post(`${server.url}/commands`, { point, value: 5 }, bearer(key));
    expect((await write("north/pump/speed")).status).toBe(202);
    expect(rig.desk.seen[0]).toMatchObject({ command: { priority: 16 }, by: { name: "optimiser", kind: "program" } });
    const elsewhere = await write("south/robot/battery");
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([403, { code: "no-right-here" }]);
    const points = (await (await fetch(`${server.url}/points`, { headers: bearer(key) })).json()) as { area: string }[];
    expect(new Set(points.map(({ area }) => area))).toEqual(new Set(["north", "north-well"]));
    expect((await fetch(`${server.url}/auth/keys/optimiser`, { method: "DELETE", headers: bearer(token) })).status).toBe(204);
    expect((await write("north/pump/speed")).status).toBe(401);
  });

  it("takes keys of the site file by their hash", async () => {
    const hash = await hashPassword("pv.historian.0123456789abcdefghijkl", 10);
    const { server } = await withAdmin({ auth: { apiKeys: [{ name: "historian", role: "viewer", hash }] } });
    const me = await fetch(`${server.url}/auth/me`, { headers: bearer("pv.historian.0123456789abcdefghijkl") });
    expect(await me.json()).toMatchObject({ name: "historian", kind: "program", role: "viewer" });
  });

  it("takes tokens of a configured issuer, checked against its own keys, and no others", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const stranger = await generateKeyPair("RS256");
    const issuerServer = createServer((request, response) => {
      const self = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`;
      response.setHeader("content-type", "application/json");
      if (request.url?.includes("openid-configuration")) response.end(JSON.stringify({ issuer: self, jwks_uri: `${self}/jwks` }));
      else
        void exportJWK(publicKey).then((jwk) => response.end(JSON.stringify({ keys: [{ ...jwk, kid: "k", alg: "RS256", use: "sig" }] })));
    });
    await new Promise<void>((resolve) => issuerServer.listen(0, "127.0.0.1", resolve));
    open.push(issuerServer);
    const issuer = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`;
    const { server } = await withAdmin({
      auth: { oidc: [{ issuer, audience: "plainview", roleClaim: "groups", roles: { ops: "operator" } }] },
    });
    const sign = (about: { audience?: string; key?: CryptoKey; expires?: string; groups?: string[] } = {}): Promise<string> =>
      new SignJWT({ groups: about.groups ?? ["staff", "ops"], preferred_username: "ann" })
        .setProtectedHeader({ alg: "RS256", kid: "k" })
        .setIssuer(issuer)
        .setSubject("1")
        .setAudience(about.audience ?? "plainview")
        .setExpirationTime(about.expires ?? "5m")
        .sign(about.key ?? privateKey);
    const me = async (token: string): Promise<Response> => fetch(`${server.url}/auth/me`, { headers: bearer(token) });
    expect(await (await me(await sign())).json()).toMatchObject({ role: "operator", kind: "person" });
    expect((await me(await sign({ audience: "somebody else" }))).status).toBe(401);
    expect((await me(await sign({ key: stranger.privateKey }))).status).toBe(401);
    expect((await me(await sign({ expires: "-5m" }))).status).toBe(401);
    expect((await me(await sign({ groups: ["visitors"] }))).status).toBe(401);
  });
});

describe("connections from this machine", () => {
  it("act as operator only under this machine's name and when nobody passed them on", async () => {
    const server = await start(serverRig());
    const status = async (headers: Record<string, string>): Promise<number> => {
      const { app, close } = await serverRig().build();
      const answer = await app.inject({ url: "/points", headers: { host: "127.0.0.1:4000", ...headers } });
      await close();
      return answer.statusCode;
    };
    expect((await fetch(`${server.url}/points`)).status).toBe(200);
    expect(await status({})).toBe(200);
    expect(await status({ "x-forwarded-for": "10.0.0.1" })).toBe(401);
    expect(await status({ forwarded: "for=10.0.0.1" })).toBe(401);
    expect(await status({ host: "evil.example:4000" })).toBe(401);
  });

  it("a page of another origin is refused on HTTP and on the socket, a configured one is not", async () => {
    const rig = serverRig();
    const server = await start({
      ...rig,
      listen: () =>
        openServer(
          rig.services,
          { ...rig.options, server: { ...rig.options.server, origins: ["https://screens.example.org"] } },
          silentLog,
        ),
    });
    const write = (origin: string): Promise<Response> =>
      post(`${server.url}/commands`, { point: "north/pump/speed", value: 1 }, { origin });
    expect((await write("https://evil.example")).status).toBe(403);
    expect((await write("null")).status).toBe(403);
    expect((await write("https://screens.example.org")).status).toBe(202);
    expect((await write(server.url)).status).toBe(202);
    await expect(dial(server.url, { origin: "https://evil.example" })).rejects.toThrow("403");
  });

  it("a bad token is refused even where none is needed", async () => {
    const server = await start(serverRig());
    expect((await fetch(`${server.url}/points`, { headers: bearer("nonsense") })).status).toBe(401);
  });
});

describe("the socket's sign-in", () => {
  it("must come within the time given, and until then nothing else is answered", async () => {
    const server = await start(serverRig({ auth: { loopback: undefined as never }, options: { limits: { signInMs: 200 } } }));
    const wire = await dial(server.url);
    open.push(wire);
    wire.send({ type: "point.write", point: "north/pump/speed", value: 1 });
    expect(await wire.next(ofType("error"))).toMatchObject({ code: "sign-in-needed" });
    expect((await wire.closed).code).toBe(4401);
  });

  it("frames sent right behind it are held until it is decided", async () => {
    const { server, token } = await withAdmin();
    const wire = await dial(server.url);
    open.push(wire);
    wire.send({ type: "auth", token });
    wire.send({ type: "point.write", point: "north/pump/speed", value: 1, requestId: "behind" });
    expect(await wire.next((frame) => frame["requestId"] === "behind")).toMatchObject({ type: "ack", status: "success" });
  });
});

describe("listening", () => {
  const attempt = async (server: object, auth: object = {}): Promise<string> => {
    const rig = serverRig({ auth: { loopback: undefined as never, ...auth } });
    try {
      const opened = await openServer(rig.services, { ...rig.options, server: { ...rig.options.server, ...server } }, silentLog);
      await opened.close();
      return "listens";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("elsewhere than loopback needs TLS or a proxy that is said to do it", async () => {
    expect(await attempt({ host: "0.0.0.0" })).toContain("can be reached from other machines");
    expect(await attempt({ host: "127.0.0.1", proxy: true })).toBe("listens");
  });

  it("free access from loopback excludes a proxy", async () => {
    expect(await attempt({ proxy: true }, { loopback: "operator" })).toContain("exclude each other");
  });

  it("says in words that a port is in use", async () => {
    const first = await start(serverRig());
    expect(await attempt({ port: first.port })).toContain("in use by another program");
  });
});
