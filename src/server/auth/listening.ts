import type { SiteAuth, SiteServer } from "#src/config/site.ts";
import type { Refusal } from "../services.ts";
import { isLoopback } from "./caller.ts";

/** Whether it is safe to listen as configured; a refusal says what to change. */
export function refusalToListen(server: SiteServer, auth: SiteAuth): Refusal | undefined {
  if (auth.loopback !== undefined && server.proxy) {
    return {
      code: "unsafe-listen",
      message: "auth.loopback and server.proxy exclude each other: behind a proxy everybody seems to come from this machine",
    };
  }
  if (auth.loopback === "admin") {
    return {
      code: "unsafe-listen",
      message: "auth.loopback: admin is too much: whoever runs anything on this machine could make users; give it operator",
    };
  }
  if (server.host === "localhost" || isLoopback(server.host) || server.tls || server.proxy) return undefined;
  return {
    code: "unsafe-listen",
    message: `server.host ${server.host} can be reached from other machines: give server.tls a certificate, or set server.proxy: true if a proxy in front does TLS`,
  };
}
