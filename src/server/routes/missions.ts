import { Type } from "#msgs/schema/type.ts";
import { BranchBody, IncidentJson, MissionJson, NewIncident, NewMissionBody, Refused, SeekBody, SpeedBody } from "#msgs/wire/http.ts";
import { formatTime } from "#msgs/time.ts";
import { principalOf, type App } from "../app.ts";
import { missionJson } from "../json.ts";
import { HttpRefusal, missionOrRefuse, notBuiltYet, timeIn, unknownId } from "../refusal.ts";
import type { Incident } from "../services.ts";
import type { Gear } from "./gear.ts";

const answers = { 200: MissionJson, 400: Refused, 403: Refused, 404: Refused, 409: Refused };

const write = { right: "missions", writes: true } as const;
const idOf = (request: { params: unknown }): string => (request.params as { id: string }).id;

/** Replays and the incidents they start from. */
export function missionRoutes(app: App, gear: Gear): void {
  replayRoutes(app, gear);
  incidentRoutes(app, gear);
}

function replayRoutes(app: App, { services, missions }: Gear): void {
  app.get("/missions", { config: { right: "read" }, schema: { tags: ["missions"], response: { 200: Type.Array(MissionJson) } } }, () => {
    if (!services.missions) throw notBuiltYet("missions");
    return services.missions.list().map(missionJson);
  });

  app.get("/missions/:id", { config: { right: "read" }, schema: { tags: ["missions"], response: answers } }, (request) => {
    if (!services.missions) throw notBuiltYet("missions");
    const mission = services.missions.get(idOf(request));
    if (!mission) throw unknownId("mission", idOf(request));
    return missionJson(mission);
  });

  app.post(
    "/missions",
    { config: write, schema: { tags: ["missions"], body: NewMissionBody, response: { 201: MissionJson, ...answers } } },
    (request, reply) => {
      const mission = missionOrRefuse(missions.create(request.body, principalOf(request)));
      reply.code(201);
      return missionJson(mission);
    },
  );

  for (const verb of ["start", "pause", "resume", "stop"] as const) {
    app.post(`/missions/:id/${verb}`, { config: write, schema: { tags: ["missions"], response: answers } }, async (request) =>
      missionJson(missionOrRefuse(await missions.turn(idOf(request), verb))),
    );
  }

  app.post(
    "/missions/:id/setspeed",
    { config: write, schema: { tags: ["missions"], body: SpeedBody, response: answers } },
    async (request) => missionJson(missionOrRefuse(await missions.setSpeed(idOf(request), request.body.speed))),
  );

  app.post("/missions/:id/seek", { config: write, schema: { tags: ["missions"], body: SeekBody, response: answers } }, async (request) =>
    missionJson(missionOrRefuse(await missions.seek(idOf(request), request.body.to))),
  );

  app.post("/missions/:id/branch", { config: write, schema: { tags: ["missions"], body: BranchBody, response: { 501: Refused } } }, () => {
    throw notBuiltYet("POST /missions/:id/branch");
  });

  app.get("/missions/:id/predictions", { config: { right: "read" }, schema: { tags: ["missions"], response: { 501: Refused } } }, () => {
    throw notBuiltYet("GET /missions/:id/predictions");
  });
}

function incidentRoutes(app: App, { services }: Gear): void {
  const incidentJson = (incident: Incident) => ({ ...incident, from: formatTime(incident.from), to: formatTime(incident.to) });

  app.get("/incidents", { config: { right: "read" }, schema: { tags: ["missions"], response: { 200: Type.Array(IncidentJson) } } }, () => {
    if (!services.incidents) throw notBuiltYet("incidents");
    return services.incidents.list().map(incidentJson);
  });

  app.get(
    "/incidents/:id",
    { config: { right: "read" }, schema: { tags: ["missions"], response: { 200: IncidentJson, 404: Refused } } },
    (request) => {
      if (!services.incidents) throw notBuiltYet("incidents");
      const incident = services.incidents.get(idOf(request));
      if (!incident) throw unknownId("incident", idOf(request));
      return incidentJson(incident);
    },
  );

  app.post(
    "/incidents",
    { config: write, schema: { tags: ["missions"], body: NewIncident, response: { 201: IncidentJson, 400: Refused } } },
    (request, reply) => {
      if (!services.incidents) throw notBuiltYet("incidents");
      const from = timeIn(request.body, "from");
      const to = timeIn(request.body, "to");
      if (from >= to) throw new HttpRefusal(400, { code: "bad-request", message: "from must be before to" });
      const { title, note } = request.body;
      const incident = services.incidents.create({ title, from, to, ...(note !== undefined && { note }) }, principalOf(request).name);
      reply.code(201);
      return incidentJson(incident);
    },
  );
}
