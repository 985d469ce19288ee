import { bacnetDevices } from "../bacnet/map.ts";
import { faultShapes, type FaultRequest } from "../faults/fault.ts";
import { incidents } from "../incidents/all.ts";
import { modbusDevices } from "../map/modbus-devices.ts";
import { mqttDevices } from "../map/mqtt-devices.ts";
import { ros2Robots } from "../ros2/map.ts";
import type { Demo } from "../start.ts";

export interface Answer {
  status: number;
  body: unknown;
}

const logPageLimit = 10_000;
/** A day at most in one step. */
const advanceLimitMs = 86_400_000;

type Body = Readonly<Record<string, unknown>>;
type Route = (demo: Demo, body: Body, query: URLSearchParams) => Answer | Promise<Answer>;

/** Everything the control door can be asked. */
const routes: Readonly<Record<string, Route>> = {
  "GET /health": (demo) =>
    ok({ seconds: demo.site.plant.seconds, seed: demo.site.plant.seed, ports: demo.ports, mqttConnected: demo.mqttConnected() }),
  "GET /plant": (demo) => ok(Object.fromEntries([...demo.site.plant.quantities].map(([name, quantity]) => [name, quantity.read()]))),
  "GET /map": () => ok({ modbus: modbusDevices, mqtt: mqttDevices, bacnet: bacnetDevices, ros2: ros2Robots }),
  "GET /faults": (demo) => ok({ on: demo.site.faults.list(), kinds: faultShapes }),
  "POST /fault": async (demo, body) => outcome(await demo.fault(body as unknown as FaultRequest)),
  "GET /incidents": (demo) => ok({ known: incidents, running: demo.site.player.running(), diary: demo.site.player.diary() }),
  "POST /incident": (demo, body) => outcome(demo.incident(String(body["name"]))),
  "POST /act": (demo, body) => act(demo, body),
  "POST /advance": (demo, body) => advance(demo, body),
  "GET /log": (demo, _body, query) => log(demo, query),
  "GET /counters": (demo) => ok(demo.counters()),
};

export async function answerRequest(demo: Demo, method: string, url: URL, body: unknown): Promise<Answer> {
  const route = routes[`${method} ${url.pathname}`];
  if (route === undefined) return { status: 404, body: { message: `there is ${Object.keys(routes).join(", ")}` } };
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return { status: 400, body: { message: "the body must be a JSON object" } };
  return route(demo, body as Body, url.searchParams);
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function outcome(refused: string | null): Answer {
  return refused === null ? ok({ ok: true }) : { status: 400, body: { message: refused } };
}

function act(demo: Demo, body: Body): Answer {
  const value = body["value"];
  if (typeof value !== "number" && typeof value !== "boolean") return outcome("a value is a number, true or false");
  return outcome(demo.act(String(body["point"]), value));
}

function advance(demo: Demo, body: Body): Answer {
  const milliseconds = body["ms"];
  if (typeof milliseconds !== "number" || !(milliseconds >= 0 && milliseconds <= advanceLimitMs))
    return outcome(`ms is 0 to ${advanceLimitMs}`);
  demo.advance(milliseconds);
  return ok({ seconds: demo.site.plant.seconds });
}

function log(demo: Demo, query: URLSearchParams): Answer {
  const from = Number(query.get("from") ?? 0);
  const limit = Number(query.get("limit") ?? 1000);
  if (!Number.isInteger(from) || !Number.isInteger(limit) || limit < 1 || limit > logPageLimit)
    return outcome(`from is a whole number and limit is 1 to ${logPageLimit}`);
  const entries = demo.log(query.get("device") ?? "", from, limit);
  return entries === null ? { status: 404, body: { message: `there is no device "${query.get("device") ?? ""}"` } } : ok(entries);
}
