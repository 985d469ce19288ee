import { parquetReadObjects } from "hyparquet";
import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { rigStart, serverRig } from "#test/fakes/server-rig.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Past } from "../history/past.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const flow = "north/pump/flow";
const span = "from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z";
const second = 1_000_000;

/** Answers every question with something that shows what was asked, and remembers that. */
function pastThat(more: Partial<Past> = {}): { past: Past; asked: unknown[] } {
  const asked: unknown[] = [];
  const about = { sourceTime: rigStart, at: rigStart + 250, quality: 0 };
  const past: Past = {
    async *raw(points, _from, _to, { knownAt, limit }) {
      asked.push({ knownAt, limit });
      for (const point of points) yield [1.5, true, 'say "hi", all', null].map((value) => ({ point, ...about, value }));
    },
    async *buckets(points, from, _to, { buckets, fill }) {
      asked.push({ buckets, fill });
      for (const point of points) yield [{ point, time: from, count: 0, min: null, max: null, mean: null, last: null, quality: 132 }];
    },
    timeWeighted: async (points, from) => points.map((point) => ({ point, time: from, mean: 0.5, covered: 1 })),
    async *bestFit(points, from, _to, { pixels }) {
      asked.push({ pixels });
      for (const point of points) yield [{ point, time: from, value: 7, quality: 0 }];
    },
    async atTimes(points, times, { interpolate, maxAgeUs }) {
      asked.push({ interpolate, maxAgeUs });
      return points.flatMap((point) => times.map((time) => ({ point, time, value: 3, quality: 0, sourceTime: time - 5 })));
    },
    ledger: async (from, to, { stream }) => {
      asked.push({ from, to, stream });
      const gap = { from: rigStart, to: rigStart + second, lost: 3, why: "shed", declaredAt: rigStart + second, missing: [] };
      return [
        { ...gap, stream: "modbus-1/plc-1", state: "filled" },
        { ...gap, stream: "dds", state: "open" },
      ];
    },
    events: async (_from, _to, { kinds }) => {
      asked.push({ kinds });
      const facts = [
        { kind: "event", type: "restart", device: "plc-1", data: { n: 1 }, at: rigStart, seq: 1 },
        { kind: "link", adapter: "dds", device: "roustabout-01", state: "down", at: rigStart, seq: 2 },
        { kind: "operator", act: "session.ended", by: "ann", data: { session: "secret" }, at: rigStart, seq: 3 },
      ];
      return facts as unknown as Fact[];
    },
    ...more,
  };
  return { past, asked };
}

async function start(past: Past, about: Parameters<typeof serverRig>[0] = {}) {
  const server = await serverRig({ ...about, services: { history: past, ...about.services } }).listen();
  open.push(server);
  const get = async (path: string, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers });
  return { server, get, json: async (path: string) => (await get(path)).json() as Promise<unknown> };
}

describe("GET /history", () => {
  it("answers each way of asking", async () => {
    const { past, asked } = pastThat();
    const { json } = await start(past);
    const points = `points=${flow}`;
    expect(await json(`/history?${points}&${span}&buckets=4&fill=hold`)).toMatchObject([{ count: 0, mean: null }]);
    expect(await json(`/history?${points}&${span}&buckets=4&mean=time`)).toEqual([
      { point: flow, time: "2026-11-20T10:00:00.000000Z", mean: 0.5, covered: 1 },
    ]);
    expect(await json(`/history?${points}&${span}&pixels=300`)).toMatchObject([{ value: 7 }]);
    expect(await json(`/history?${points}&at=2026-11-20T10:00:00Z,2026-11-20T10:00:01Z&interpolation=linear&maxAgeMs=1000`)).toMatchObject([
      { time: "2026-11-20T10:00:00.000000Z", value: 3, sourceTime: "2026-11-20T09:59:59.999995Z" },
      { time: "2026-11-20T10:00:01.000000Z" },
    ]);
    expect(await json(`/history?${points}&${span}&asOf=2026-11-20T10:30:00Z&limit=9`)).toHaveLength(4);
    expect(asked).toEqual([
      { buckets: 4, fill: "previous" },
      { pixels: 300 },
      { interpolate: true, maxAgeUs: second },
      { knownAt: rigStart + 1_800 * second, limit: 9 },
    ]);
  });

  it("refuses what does not go together, and answers that would not fit into memory", async () => {
    const { get } = await start(pastThat().past);
    for (const bad of [
      `${span}&buckets=4&pixels=4`,
      `${span}&fill=hold`,
      `${span}&mean=time`,
      `${span}&buckets=4&asOf=2026-11-20T10:30:00Z`,
      `${span}&buckets=4&mean=time&fill=null`,
      `${span}&format=xml`,
      `${span}&gaps=true&format=csv`,
      "at=1790000000",
      "at=,",
      "at=2026-11-20T10:00:00Z&interpolation=cubic",
      "from=2026-11-20T10:00:00Z",
    ])
      expect((await get(`/history?points=${flow}&${bad}`)).status, bad).toBe(400);
    const all = ["north/pump/flow", "north/pump/speed", "north/v-101/command", "north/v-101/position", "south/robot/battery"].join(",");
    expect((await get(`/history?points=${all}&${span}&buckets=10000&mean=time`)).status).toBe(200);
    expect((await get(`/history?points=${flow}&at=${"2026-11-20T10:00:00Z,".repeat(3)}`)).status).toBe(200);
  });

  it("writes CSV by name or by Accept, with what needs quoting quoted", async () => {
    const { get } = await start(pastThat().past);
    const answer = await get(`/history?points=${flow}&${span}`, { accept: "text/csv" });
    expect(answer.headers.get("content-type")).toContain("text/csv");
    const at = "2026-11-20T10:00:00.000000Z,2026-11-20T10:00:00.000250Z";
    expect(await answer.text()).toBe(
      ["point,sourceTime,at,value,quality", `${flow},${at},1.5,0`, `${flow},${at},true,0`, `${flow},${at},"say ""hi"", all",0`, `${flow},${at},,0`, ""].join("\r\n"), // prettier-ignore
    );
    expect(await (await get(`/history?points=${flow}&${span}&format=json`, { accept: "text/csv" })).json()).toHaveLength(4);
  });

  it("keeps a spreadsheet from running what a device said", async () => {
    const values = ["=1+2", "@x", "-5", "-x"];
    const { past } = pastThat({
      async *raw() {
        yield values.map((value) => ({ point: flow, sourceTime: rigStart, at: rigStart, value, quality: 0 }));
      },
    });
    const { get } = await start(past);
    const lines = (await (await get(`/history?points=${flow}&${span}&format=csv`)).text()).split("\r\n");
    expect(lines.slice(1, -1).map((line) => line.split(",")[3])).toEqual(["'=1+2", "'@x", "-5", "'-x"]);
  });

  it("writes Parquet that another library reads, over several row groups", async () => {
    const { past } = pastThat({
      async *raw(_points, _from, _to) {
        for (let page = 0; page < 13; page++)
          yield Array.from({ length: 5_000 }, (_, i) => ({
            point: flow,
            sourceTime: rigStart + page * 5_000 + i,
            at: rigStart,
            value: page === 12 && i === 4_999 ? "last" : i / 2,
            quality: i % 200,
          }));
      },
    });
    const { get } = await start(past);
    const file = await (await get(`/history?points=${flow}&${span}&format=parquet`)).arrayBuffer();
    const rows = await parquetReadObjects({ file, columns: ["point", "sourceTime", "value", "text", "quality"] });
    expect(rows).toHaveLength(65_000);
    expect(rows[3]).toMatchObject({ point: flow, value: 1.5, text: null, quality: 3 });
    expect(rows.at(-1)).toMatchObject({ value: null, text: "last" });
    expect(rows[50_000]).toMatchObject({ sourceTime: new Date((rigStart + 50_000) / 1000) });
  });

  it("an empty answer is an empty list, a header, and a readable file", async () => {
    const { get, json } = await start(pastThat({ async *raw() {} }).past);
    expect(await json(`/history?points=${flow}&${span}`)).toEqual([]);
    expect(await (await get(`/history?points=${flow}&${span}&format=csv`)).text()).toBe("point,sourceTime,at,value,quality\r\n");
    const file = await (await get(`/history?points=${flow}&${span}&format=parquet`)).arrayBuffer();
    expect(await parquetReadObjects({ file })).toEqual([]);
  });

  it("tells with gaps what is missing for these points, so that no data and bad data look different", async () => {
    const { json } = await start(pastThat().past);
    expect(await json(`/history?points=${flow}&${span}&gaps=true`)).toMatchObject({
      gaps: [{ stream: "modbus-1/plc-1", lost: 3, filled: true, to: "2026-11-20T10:00:01.000000Z" }],
      rows: [{ value: 1.5 }, { value: true }, {}, { value: null }],
    });
  });

  it("lets go of the question when the client leaves in the middle", async () => {
    const ended = new Promise<string>((resolve) => {
      const { past } = pastThat({
        async *raw(_points, _from, _to, { signal }) {
          try {
            // Far more than any socket buffers: only a client that leaves ends this.
            for (;;) {
              const rows = Array.from({ length: 5_000 }, () => ({ point: flow, sourceTime: rigStart, at: rigStart, value: 1, quality: 0 }));
              yield rows;
            }
          } finally {
            resolve(signal.aborted ? "aborted" : "returned");
          }
        },
      });
      void start(past).then(async ({ server }) => {
        const request = httpGet(`${server.url}/history?points=${flow}&${span}&limit=1000000`);
        const [response] = (await once(request, "response")) as [IncomingMessage];
        await once(response, "data");
        response.destroy();
      });
    });
    expect(["aborted", "returned"]).toContain(await ended);
  });
});

describe("GET /ledger and /events/history", () => {
  it("the ledger lists what is missing, all of it unless a stretch is named", async () => {
    const { past, asked } = pastThat();
    const { json, get } = await start(past);
    expect(await json("/ledger")).toMatchObject([
      { stream: "modbus-1/plc-1", state: "filled", filled: true },
      { stream: "dds", state: "open" },
    ]);
    await json(`/ledger?${span}&stream=dds`);
    expect(asked).toEqual([
      { from: 0, to: rigStart, stream: undefined },
      { from: rigStart, to: rigStart + 3_600 * second, stream: "dds" },
    ]);
    expect((await get("/ledger?from=1790000000")).status).toBe(400);
  });

  it("whoever has areas hears only of theirs", async () => {
    const { past } = pastThat();
    const rig = serverRig({ services: { history: past }, auth: { loopback: undefined as never } });
    const { app, gear, close } = await rig.build();
    open.push({ close });
    const token = await gear.auth.keys.make({ name: "south", role: "viewer", areas: ["south"] });
    const ask = async (url: string) =>
      (await app.inject({ url, headers: { host: "localhost", authorization: `Bearer ${token}` } })).json() as {
        stream?: string;
        id: string;
      }[];
    expect((await ask("/ledger")).map(({ stream }) => stream)).toEqual(["dds"]);
    expect((await ask(`/events/history?${span}`)).map(({ id }) => id)).toEqual(["2", "3"]);
  });

  it("events of the past carry what they are about, and of operators only that they acted", async () => {
    const { past, asked } = pastThat();
    const { json, get } = await start(past);
    expect(await json(`/events/history?${span}&kinds=event,link`)).toEqual([
      { id: "1", at: "2026-11-20T10:00:00.000000Z", kind: "event", type: "restart", device: "plc-1", data: { n: 1 } },
      { id: "2", at: "2026-11-20T10:00:00.000000Z", kind: "link", adapter: "dds", device: "roustabout-01", state: "down" },
      { id: "3", at: "2026-11-20T10:00:00.000000Z", kind: "operator", act: "session.ended", by: "ann" },
    ]);
    expect(asked).toEqual([{ kinds: ["event", "link"] }]);
    expect((await get(`/events/history?${span}&kinds=samples`)).status).toBe(400);
  });
});
