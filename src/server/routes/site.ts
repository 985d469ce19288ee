import { Refused, Reloaded } from "#msgs/wire/http.ts";
import type { App } from "../app.ts";
import type { SignedIn } from "../auth/auth.ts";
import { HttpRefusal, notBuiltYet } from "../refusal.ts";
import type { Gear } from "./gear.ts";

/** The site file: taking over what was changed in it. */
export function siteRoutes(app: App, { services }: Gear): void {
  app.post(
    "/reload",
    {
      config: { right: "command", writes: true },
      schema: {
        tags: ["gateway"],
        description: "Applies the site file as it is now, without touching what did not change. One with problems changes nothing.",
        response: { 200: Reloaded, 400: Refused, 403: Refused },
      },
    },
    async (request) => {
      if (!services.reload) throw notBuiltYet("POST /reload");
      const signedIn = request.signedIn;
      if (!signedIn || !mayReload(signedIn))
        throw new HttpRefusal(403, { code: "no-right", message: "reloading the site file is for engineers and administrators" });
      const done = await services.reload(signedIn.principal.name);
      if ("changed" in done) return done;
      const count = done.problems.length === 1 ? "1 problem" : `${done.problems.length} problems`;
      throw new HttpRefusal(400, {
        code: "bad-site-file",
        message: `the site file has ${count}; nothing was changed`,
        details: done.problems.slice(0, 100),
      } as { code: string; message: string });
    },
  );
}

/** Whoever this machine lets in without signing in can send the process a SIGHUP just as well. */
function mayReload({ principal, credential }: SignedIn): boolean {
  return principal.role === "engineer" || principal.role === "admin" || credential === "loopback";
}
