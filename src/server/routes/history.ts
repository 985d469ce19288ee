import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { formatTime, type Timestamp } from "#msgs/time.ts";
import { BucketRowJson, FlowRowJson, HistoryRowJson, Refused } from "#msgs/wire/http.ts";
import { TimeText } from "#msgs/wire/values.ts";
import type { Principal } from "#src/contract/control.ts";
import type { BucketRow, HistoryRow } from "#src/contract/store.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { HttpRefusal, listIn, notBuiltYet, timeIn, unknownId, wholeIn } from "../refusal.ts";
import type { Gear } from "./gear.ts";

const pointsMax = 200;
const rowsMax = 1_000_000;
const rowsStandard = 100_000;
const bucketsMax = 10_000;

const ListText = Type.Union([
  Type.String({ minLength: 1, maxLength: 50_000 }),
  Type.Array(Type.String({ maxLength: 200 }), { maxItems: pointsMax }),
]);
const WholeText = Type.String({ pattern: "^\\d{1,10}$" });
const HistoryQuery = Type.Object(
  { points: ListText, from: TimeText, to: TimeText, buckets: Type.Optional(WholeText), limit: Type.Optional(WholeText) },
  { additionalProperties: false },
);
const RangeQuery = Type.Object(
  { start: TimeText, end: TimeText, points: Type.Optional(ListText), buckets: Type.Optional(WholeText), limit: Type.Optional(WholeText) },
  { additionalProperties: false },
);

/** The past: raw rows or buckets of chosen points, and the flow metrics of the product's own document. */
export function historyRoutes(app: App, { services }: Gear): void {
  const rows = Type.Union([Type.Array(HistoryRowJson), Type.Array(BucketRowJson)]);

  app.get(
    "/history",
    {
      config: { right: "read" },
      schema: {
        tags: ["history"],
        querystring: HistoryQuery,
        description: `Raw rows ascending by sourceTime for each point, or with \`buckets\` so many stretches. At most \`limit\` rows (${rowsStandard} unless told); as many rows as the limit mean that there is more.`,
        response: { 200: rows, 400: Refused, 404: Refused },
      },
    },
    (request, reply) => answer(request.query, { from: "from", to: "to" }, principalOf(request), reply),
  );

  app.get(
    "/metrics/range",
    {
      config: { right: "read" },
      schema: { tags: ["history"], querystring: RangeQuery, response: { 200: Type.Union([Type.Array(FlowRowJson), rows]), 400: Refused } },
    },
    async (request, reply) => {
      if (request.query.points !== undefined) return answer(request.query, { from: "start", to: "end" }, principalOf(request), reply);
      if (!services.flowMetrics) throw notBuiltYet("GET /metrics/range without points");
      const { from, to } = stretch(request.query, "start", "end");
      const found = await services.flowMetrics(from, to, closing(reply));
      return reply.send(found.map((row) => ({ ...row, time: formatTime(row.time) })) as never);
    },
  );

  async function answer(
    query: Readonly<Record<string, unknown>>,
    names: { from: string; to: string },
    by: Principal,
    reply: FastifyReply,
  ): Promise<never> {
    if (!services.history) throw notBuiltYet("GET /history");
    const { from, to } = stretch(query, names.from, names.to);
    const points = listIn(query, "points", pointsMax);
    if (points.length === 0) throw new HttpRefusal(400, { code: "bad-request", message: "points names nothing" });
    const sight = sightOf(by, services.plant, services.areas);
    for (const id of points) if (!services.plant.points.has(id) || !sight.point(id)) throw unknownId("point", id);
    const buckets = wholeIn(query, "buckets", { min: 1, max: bucketsMax });
    const limit = wholeIn(query, "limit", { min: 1, max: rowsMax }) ?? rowsStandard;
    const signal = closing(reply);
    const pages =
      buckets === undefined
        ? mapped(services.history.raw(points, from, to, { limit, signal }), historyRow)
        : mapped(services.history.buckets(points, from, to, { buckets, signal }), bucketRow);
    return (await sendRows(reply, pages)) as never;
  }
}

function stretch(query: Readonly<Record<string, unknown>>, fromName: string, toName: string): { from: Timestamp; to: Timestamp } {
  const from = timeIn(query, fromName);
  const to = timeIn(query, toName);
  if (from >= to) throw new HttpRefusal(400, { code: "bad-request", message: `${fromName} must be before ${toName}` });
  return { from, to };
}

/** Ends the question when nobody waits for the answer any more. */
function closing(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort(new Error("the client went away")));
  return controller.signal;
}

/** Page by page, so that a million rows never stand in memory; the first page is waited for, so that an error still has a status. */
async function sendRows(reply: FastifyReply, pages: AsyncIterable<readonly string[]>): Promise<FastifyReply> {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* text(): AsyncGenerator<string> {
    let before = "[";
    for (let page = first; !page.done; page = await iterator.next()) {
      if (page.value.length === 0) continue;
      yield before + page.value.join(",");
      before = ",";
    }
    yield before === "[" ? "[]" : "]";
  }
  return reply.type("application/json; charset=utf-8").send(Readable.from(text()));
}

async function* mapped<Row>(pages: AsyncIterable<readonly Row[]>, write: (row: Row) => object): AsyncGenerator<readonly string[]> {
  for await (const page of pages) yield page.map((row) => JSON.stringify(write(row)));
}

function historyRow(row: HistoryRow): HistoryRowJson {
  return { point: row.point, sourceTime: formatTime(row.sourceTime), at: formatTime(row.at), value: row.value, quality: row.quality };
}

function bucketRow(row: BucketRow): BucketRowJson {
  return { ...row, time: formatTime(row.time) };
}
