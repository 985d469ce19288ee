import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";
import type { SiteAuth, SiteServer } from "#src/config/site.ts";
import type { Refusal } from "../services.ts";
import type { Auth, Outcome, SignedIn } from "./auth.ts";

/** Who is calling, from what a request carries. The same rules for HTTP and for the upgrade to WebSocket. */
export interface Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The other end of the TCP connection. */
  readonly remoteAddress: string;
}

export interface Callers {
  /** The address that failures are counted for. */
  addressOf(call: Call): string;
  /** Refuses browsers of other sites, and pages that reached a loopback gateway under a foreign name. */
  foreign(call: Call): Refusal | undefined;
  /** Undefined when nothing was shown and nothing is given for free. */
  identify(call: Call): Promise<Outcome<SignedIn> | undefined>;
}

export const cookieName = "plainview_session";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "").replace(/^\[|\]$/g, "");
  const version = isIP(plain);
  return version !== 0 && loopback.check(plain, version === 6 ? "ipv6" : "ipv4");
}

export function openCallers(auth: Auth, site: SiteAuth, server: SiteServer): Callers {
  const origins = new Set(server.origins.map((origin) => origin.replace(/\/$/, "").toLowerCase()));

  function addressOf(call: Call): string {
    const forwarded = server.proxy ? lastForwarded(call.headers) : undefined;
    return forwarded ?? call.remoteAddress;
  }

  function foreign(call: Call): Refusal | undefined {
    const origin = call.headers.origin?.toLowerCase();
    const host = call.headers.host?.toLowerCase();
    if (call.headers["sec-fetch-site"] === "cross-site" && origin === undefined && call.method !== "GET" && call.method !== "HEAD") {
      return { code: "foreign-origin", message: "this request came from another site's page" };
    }
    if (origin === undefined || origins.has(origin)) return undefined;
    if (host !== undefined && hostOf(origin) === host) return undefined;
    return {
      code: "foreign-origin",
      message: `a page of ${origin} may not talk to this gateway; list it under server.origins if it should`,
    };
  }

  /** Only for a connection from this machine, under this machine's name, that nobody passed on. */
  function fromThisMachine(call: Call): boolean {
    if (!isLoopback(call.remoteAddress) || server.proxy || isForwarded(call.headers)) return false;
    const host = (call.headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    return host === "localhost" || isLoopback(host);
  }

  return {
    addressOf,
    foreign,
    async identify(call) {
      const token = bearerOf(call.headers) ?? cookieOf(call.headers);
      if (token !== undefined) return auth.check(token, addressOf(call));
      if (site.loopback !== undefined && fromThisMachine(call)) {
        return { ok: { principal: { name: "loopback", kind: "person", role: site.loopback }, credential: "loopback" } };
      }
      return undefined;
    },
  };
}

function isForwarded(headers: IncomingHttpHeaders): boolean {
  return (
    headers.forwarded !== undefined ||
    headers.via !== undefined ||
    Object.keys(headers).some((name) => name.startsWith("x-forwarded-") || name === "x-real-ip")
  );
}

/** The proxy in front appends; what stands before was written by whoever called it. */
function lastForwarded(headers: IncomingHttpHeaders): string | undefined {
  const value = headers["x-forwarded-for"];
  const text = Array.isArray(value) ? value.at(-1) : value;
  const last = text?.split(",").at(-1)?.trim();
  return last !== undefined && isIP(last) !== 0 ? last : undefined;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^bearer\s+(\S{1,8192})$/i.exec(headers.authorization ?? "")?.[1];
}

function cookieOf(headers: IncomingHttpHeaders): string | undefined {
  for (const part of (headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === cookieName && value !== undefined && value !== "") return value;
  }
  return undefined;
}
