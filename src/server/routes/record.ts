import { Type } from "#msgs/schema/type.ts";
import { LossJson, RecordJson, Refused } from "#msgs/wire/http.ts";
import { TimeText } from "#msgs/wire/values.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { lossJson, mayHearOf, recordJson, recordKinds } from "../history/record-json.ts";
import { stretchIn } from "../history/question.ts";
import { HttpRefusal, listIn, notBuiltYet, timeIn, wholeIn } from "../refusal.ts";
import type { Gear } from "./gear.ts";
import { closing } from "./history.ts";

const eventsMax = 10_000;
const eventsStandard = 1_000;

/** What the record says about itself: what is missing from it, and what happened beside values and commands. */
export function recordRoutes(app: App, { services }: Gear): void {
  app.get(
    "/ledger",
    {
      config: { right: "read" },
      schema: {
        tags: ["history"],
        description:
          "Every stretch that is missing from the record: `stream` is `*`, an adapter, or adapter/device. What is neither stored nor listed here was never handed over.",
        querystring: Type.Object(
          {
            from: Type.Optional(TimeText),
            to: Type.Optional(TimeText),
            stream: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(LossJson), 400: Refused },
      },
    },
    async (request, reply) => {
      const ledger = services.history?.ledger;
      if (!ledger) throw notBuiltYet("GET /ledger");
      const { stream } = request.query;
      const from = request.query.from === undefined ? 0 : timeIn(request.query, "from");
      const to = request.query.to === undefined ? services.timeline.clock.now() : timeIn(request.query, "to");
      if (from > to) throw new HttpRefusal(400, { code: "bad-request", message: "from must not be after to" });
      const isHeard = mayHearOf(sightOf(principalOf(request), services.plant, services.areas), services.plant);
      const rows = await ledger(from, to, { signal: closing(reply), ...(stream !== undefined && { stream }) });
      return rows.filter((row) => isHeard(row.stream)).map(lossJson);
    },
  );

  app.get(
    "/events/history",
    {
      config: { right: "read" },
      schema: {
        tags: ["history"],
        description: `Events of the past, oldest first, at most \`limit\` (${eventsStandard} unless told); as many as the limit mean that there is more. Commands by time: GET /commands.`,
        querystring: Type.Object(
          {
            from: TimeText,
            to: TimeText,
            kinds: Type.Optional(Type.String({ description: recordKinds.join(", "), maxLength: 100 })),
            limit: Type.Optional(Type.String({ pattern: "^\\d{1,10}$" })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(RecordJson), 400: Refused },
      },
    },
    async (request, reply) => {
      const events = services.history?.events;
      if (!events) throw notBuiltYet("GET /events/history");
      const { from, to } = stretchIn(request.query, { from: "from", to: "to" });
      const limit = wholeIn(request.query, "limit", { min: 1, max: eventsMax }) ?? eventsStandard;
      const asked = listIn(request.query, "kinds", recordKinds.length);
      const unknown = asked.filter((kind) => !(recordKinds as readonly string[]).includes(kind));
      if (unknown.length > 0)
        throw new HttpRefusal(400, { code: "bad-request", message: `kinds are ${recordKinds.join(", ")}, not ${unknown.join(", ")}` });
      const facts = await events(from, to, { kinds: asked.length > 0 ? asked : recordKinds, limit, signal: closing(reply) });
      const sight = sightOf(principalOf(request), services.plant, services.areas);
      return facts.flatMap((fact) => recordJson(fact, sight) ?? []);
    },
  );
}
