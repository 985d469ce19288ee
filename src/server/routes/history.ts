import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "#msgs/schema/type.ts";
import { formatTime } from "#msgs/time.ts";
import {
  AtTimeRowJson,
  BucketRowJson,
  DotRowJson,
  FlowRowJson,
  HistoryRowJson,
  LossJson,
  Refused,
  WeightedRowJson,
} from "#msgs/wire/http.ts";
import { TimeText } from "#msgs/wire/values.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { formatFor, formats, jsonWithGaps } from "../history/formats.ts";
import { bounds, questionIn, stretchIn, type Question } from "../history/question.ts";
import { lossJson, streamsOf } from "../history/record-json.ts";
import { begun, tableFor } from "../history/table.ts";
import { HttpRefusal, notBuiltYet, unknownId } from "../refusal.ts";
import type { Gear } from "./gear.ts";

const ListText = Type.Union([
  Type.String({ minLength: 1, maxLength: 50_000 }),
  Type.Array(Type.String({ maxLength: 200 }), { maxItems: bounds.points }),
]);
const WholeText = Type.String({ pattern: "^\\d{1,10}$" });
const bounded = { buckets: Type.Optional(WholeText), limit: Type.Optional(WholeText) };
const FormatText = Type.Optional(Type.Enum(["json", "csv", "parquet"], { description: "Wins over Accept." }));
const HistoryQuery = Type.Object(
  {
    points: ListText,
    from: Type.Optional(TimeText),
    to: Type.Optional(TimeText),
    ...bounded,
    fill: Type.Optional(
      Type.Enum(["none", "null", "hold", "linear"], { description: "With buckets: how stretches without samples are shown." }),
    ),
    mean: Type.Optional(Type.Enum(["samples", "time"], { description: "With buckets: `time` weighs each value by how long it held." })),
    pixels: Type.Optional(
      Type.String({ pattern: "^\\d{1,5}$", description: "A line drawn on so many pixels looks as if every sample were drawn." }),
    ),
    at: Type.Optional(Type.String({ maxLength: 50_000, description: "The values in force at these instants, commas between." })),
    interpolation: Type.Optional(Type.Enum(["hold", "linear"], { description: "With at: the value before, or the line to the next." })),
    maxAgeMs: Type.Optional(
      Type.String({ pattern: "^\\d{1,10}$", description: "With at: an older value is not in force; one day unless told." }),
    ),
    asOf: Type.Optional(Type.Unsafe<string>({ ...TimeText, description: "Raw rows: only what had been received by then." })),
    gaps: Type.Optional(Type.Enum(["true", "false"], { description: "JSON: `{ gaps, rows }`, with what is missing from the record." })),
    format: FormatText,
  },
  { additionalProperties: false },
);
const RangeQuery = Type.Object(
  { start: TimeText, end: TimeText, points: Type.Optional(ListText), ...bounded, format: FormatText },
  { additionalProperties: false },
);
const Rows = Type.Union([HistoryRowJson, BucketRowJson, WeightedRowJson, DotRowJson, AtTimeRowJson].map((row) => Type.Array(row)));
const RowsInAnyFormat = {
  description: "Rows, page by page as they are found.",
  content: {
    "application/json": { schema: Type.Union([Rows, Type.Object({ gaps: Type.Array(LossJson), rows: Rows })]) },
    "text/csv": { schema: Type.String() },
    "application/vnd.apache.parquet": { schema: Type.String({ format: "binary" }) },
  },
};

type Query = Readonly<Record<string, unknown>>;

/** The past: rows, buckets, lines and instants of chosen points, and the flow metrics of the product's own document. */
export function historyRoutes(app: App, { services }: Gear): void {
  app.get(
    "/history",
    {
      config: { right: "read" },
      schema: {
        tags: ["history"],
        querystring: HistoryQuery,
        description: `Raw rows ascending by sourceTime for each point, at most \`limit\` (${bounds.rowsStandard} unless told; as many as the limit mean that there is more). With \`buckets\` so many stretches, with \`pixels\` a line, with \`at\` the values at instants.`,
        response: { 200: RowsInAnyFormat, 400: Refused, 404: Refused },
      },
    },
    (request, reply) => answer(request, reply, questionIn(request.query)) as never,
  );

  app.get(
    "/metrics/range",
    {
      config: { right: "read" },
      schema: {
        tags: ["history"],
        querystring: RangeQuery,
        description: "Without `points` the rows behind the view flow_metrics_1h; with them as GET /history.",
        response: { 200: Type.Union([Type.Array(FlowRowJson), Rows]), 400: Refused, 404: Refused },
      },
    },
    async (request, reply) => {
      const ends = { from: "start", to: "end" };
      if (request.query.points !== undefined) return (await answer(request, reply, questionIn(request.query, ends))) as never;
      if (!services.flowMetrics) throw notBuiltYet("GET /metrics/range without points");
      const { from, to } = stretchIn(request.query, ends);
      const found = await services.flowMetrics(from, to, closing(reply));
      return reply.send(found.map((row) => ({ ...row, time: formatTime(row.time) })) as never);
    },
  );

  async function answer(request: FastifyRequest, reply: FastifyReply, question: Question): Promise<FastifyReply> {
    if (!services.history) throw notBuiltYet("GET /history");
    const sight = sightOf(principalOf(request), services.plant, services.areas);
    for (const id of question.points) if (!services.plant.points.has(id) || !sight.point(id)) throw unknownId("point", id);
    const query = request.query as Query;
    const name = formatFor(query["format"], request.headers.accept);
    const withGaps = query["gaps"] === "true";
    if (withGaps && (name !== "json" || question.how === "at"))
      throw new HttpRefusal(400, {
        code: "bad-request",
        message: "gaps come with rows of a stretch in JSON; otherwise GET /ledger has them",
      });
    const signal = closing(reply);
    const gaps = withGaps && question.how !== "at" ? await gapsOf(question, signal) : undefined;
    const table = await begun(tableFor(question, services.history, signal));
    const { type, file, pieces } = formats[name];
    reply.type(type).header("vary", "accept");
    if (file !== undefined) reply.header("content-disposition", `attachment; filename="${file}"`);
    return reply.send(Readable.from(gaps ? jsonWithGaps(table, gaps) : pieces(table)));
  }

  async function gapsOf({ points, from, to }: Exclude<Question, { how: "at" }>, signal: AbortSignal): Promise<readonly LossJson[]> {
    if (!services.history?.ledger) throw notBuiltYet("gaps");
    const streams = streamsOf(points, services.plant);
    const rows = await services.history.ledger(from, to, { signal });
    return rows.filter(({ stream }) => streams.has(stream)).map(lossJson);
  }
}

/** Ends the question when nobody waits for the answer any more. */
export function closing(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort(new Error("the client went away")));
  return controller.signal;
}
