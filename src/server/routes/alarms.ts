import { Refused } from "#msgs/wire/http.ts";
import type { App } from "../app.ts";
import { notBuiltYet } from "../refusal.ts";

/** What is done with alarms. Declared so that the routes, their rights and their documents stand; built with the alarms. */
export function alarmRoutes(app: App): void {
  for (const verb of ["ack", "shelve", "unshelve", "resolve"] as const) {
    app.post(
      `/alarms/:id/${verb}`,
      { config: { right: "command", writes: true }, schema: { tags: ["alarms"], response: { 501: Refused } } },
      () => {
        throw notBuiltYet(`POST /alarms/:id/${verb}`);
      },
    );
  }
}
