import { Type } from "#msgs/schema/type.ts";
import { commandStates, isEnd } from "#msgs/command.ts";
import { CommandAccepted, CommandBody, Refused } from "#msgs/wire/http.ts";
import { CommandJson, TimeText } from "#msgs/wire/values.ts";
import type { WriteFrame } from "#msgs/wire/client-frames.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf, type Sight } from "../auth/rights.ts";
import { commandJson } from "../json.ts";
import { HttpRefusal, timeIn, unknownId, wholeIn } from "../refusal.ts";
import type { CommandFilter, StampedStep } from "../services.ts";
import type { WriteAnswer } from "../writes.ts";
import type { Gear } from "./gear.ts";

const waitMaxMs = 60_000;
const listMax = 1_000;
/** The record is looked through so many pages deep for what a caller with areas may see. */
const pagesMax = 10;
const WholeText = Type.String({ pattern: "^\\d{1,10}$" });
const statusOf = { gate: 409, unknown: 404, "no-right": 403, "not-available": 501 } as const;

/** Commands over HTTP: the same desk, the same rules and the same words as on the socket. */
export function commandRoutes(app: App, gear: Gear): void {
  writeRoutes(app, gear);
  readRoutes(app, gear);
}

function writeRoutes(app: App, gear: Gear): void {
  const { services, commands, writes, time } = gear;

  app.post(
    "/commands",
    {
      config: { right: "command", writes: true },
      schema: {
        tags: ["control"],
        body: CommandBody,
        querystring: Type.Object({ wait: Type.Optional(WholeText) }, { additionalProperties: false }),
        response: { 202: CommandAccepted, 400: Refused, 403: Refused, 404: Refused, 409: Refused },
      },
    },
    async (request, reply) => {
      const waitMs = wholeIn(request.query, "wait", { min: 0, max: waitMaxMs });
      const frame = { type: "point.write", ...request.body } as WriteFrame;
      const { commandId } = accepted(await writes.write(frame, principalOf(request)));
      if (waitMs !== undefined && waitMs > 0) await ended(commandId, waitMs);
      const known = commands.get(commandId);
      reply.code(202);
      return known ? commandJson(known) : { commandId, state: services.desk.find(commandId)?.state ?? "recorded" };
    },
  );

  app.post(
    "/commands/:id/cancel",
    {
      config: { right: "command", writes: true },
      schema: { tags: ["control"], response: { 202: CommandAccepted, 404: Refused, 409: Refused } },
    },
    async (request, reply) => {
      const { id } = request.params as { id: string };
      accepted(await writes.write({ type: "command.cancel", commandId: id }, principalOf(request)));
      return reply.code(202).send({ commandId: id, state: services.desk.find(id)?.state ?? "cancelled" } as never);
    },
  );

  function ended(commandId: string, waitMs: number): Promise<void> {
    const state = commands.get(commandId)?.step.state;
    if (state !== undefined && isEnd(state)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancelTimer();
        forget();
        resolve();
      };
      const cancelTimer = time.after(waitMs, done);
      const forget = commands.onEnd(commandId, done);
    });
  }
}

function readRoutes(app: App, { services, commands }: Gear): void {
  app.get(
    "/commands",
    {
      config: { right: "read" },
      schema: {
        tags: ["control"],
        querystring: Type.Object(
          {
            point: Type.Optional(Type.String()),
            user: Type.Optional(Type.String()),
            state: Type.Optional(Type.Enum([...commandStates])),
            from: Type.Optional(TimeText),
            to: Type.Optional(TimeText),
            limit: Type.Optional(WholeText),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(CommandJson), 400: Refused },
      },
    },
    async (request) => {
      const { point, user, state, from, to } = request.query;
      const filter: CommandFilter = {
        limit: wholeIn(request.query, "limit", { min: 1, max: listMax }) ?? 100,
        ...(point !== undefined && { point }),
        ...(user !== undefined && { user }),
        ...(state !== undefined && { state }),
        ...(from !== undefined && { from: timeIn(request.query, "from") }),
        ...(to !== undefined && { to: timeIn(request.query, "to") }),
      };
      const sight = sightOf(principalOf(request), services.plant, services.areas);
      return (await list(filter, sight)).map(commandJson);
    },
  );

  app.get(
    "/commands/:id",
    { config: { right: "read" }, schema: { tags: ["control"], response: { 200: CommandJson, 404: Refused } } },
    (request) => {
      const { id } = request.params as { id: string };
      const last = services.desk.find(id);
      const known = commands.get(id) ?? (last && { step: last, ...timesOf(id) });
      const sight = sightOf(principalOf(request), services.plant, services.areas);
      if (!known || !mayBeSeen(known, sight)) throw unknownId("command", id);
      return commandJson(known);
    },
  );

  function timesOf(id: string): { requestedAt?: number } {
    const requestedAt = services.commandAskedAt?.(id);
    return requestedAt === undefined ? {} : { requestedAt };
  }

  /** What this process remembers, and from the record what is older than that; of both only what this caller may see. */
  async function list(filter: CommandFilter, sight: Sight): Promise<readonly StampedStep[]> {
    const found = [...commands.list(filter, (stamped) => mayBeSeen(stamped, sight))];
    const { commandHistory } = services;
    if (!commandHistory) return found;
    const signal = AbortSignal.timeout(10_000);
    const told = new Set(found.map(({ step }) => step.command.id));
    let { to } = filter;
    for (let page = 0; page < pagesMax && found.length < filter.limit; page++) {
      const rows = await commandHistory({ ...filter, ...(to !== undefined && { to }), limit: listMax }, signal);
      for (const stamped of rows) {
        if (told.has(stamped.step.command.id) || !mayBeSeen(stamped, sight)) continue;
        told.add(stamped.step.command.id);
        found.push(stamped);
      }
      const last = rows.at(-1);
      if (!last || rows.length < listMax) break;
      // Of one instant there may be several: it is asked for again, unless it filled a whole page.
      to = to === last.requestedAt + 1 ? last.requestedAt : last.requestedAt + 1;
    }
    return found.slice(0, filter.limit);
  }
}

/** The command that was let through, or the refusal with its status. */
export function accepted(answer: WriteAnswer): { commandId: string } {
  if (answer.status === "success") return { commandId: answer.commandId ?? "" };
  const { code, message, commandId } = answer;
  throw new HttpRefusal(statusOf[answer.kind], { code, message, ...(commandId !== undefined && { commandId, state: "rejected" }) });
}

/** Commands are seen where their target is. */
export function mayBeSeen({ step }: Pick<StampedStep, "step">, sight: Sight): boolean {
  const { act } = step.command;
  return act.do === "call" ? sight.device(act.device) : sight.point(act.point);
}
