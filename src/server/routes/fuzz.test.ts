import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";
import { between, pick, seededRandom, type Random } from "#src/kit/random.ts";
import type { buildServer } from "../open-server.ts";

let built: Awaited<ReturnType<typeof buildServer>>;
beforeAll(async () => {
  built = await serverRig({ options: { limits: { requestsPerMinute: 1e9 } } }).build();
});
afterAll(() => built.close());

const bodies: readonly (readonly [path: string, body: Record<string, unknown>])[] = [
  ["/commands", { point: "north/pump/speed", value: 1, priority: 8, ttlMs: 1000 }],
  ["/commands?wait=0", { type: "valve.actuate", valveId: "v-101", position: true }],
  ["/commands", { type: "device.call", device: "roustabout-01", method: "goto", args: { x: 1 } }],
  ["/missions", { title: "t", type: "replay", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z" }],
  ["/missions/m-1/setspeed", { speed: 2 }],
  ["/missions/m-1/seek", { to: "2026-11-20T09:30:00Z" }],
  ["/missions/m-1/branch", { title: "t", modifications: [{ eventIndex: 1, changes: {} }] }],
  ["/ros2/nodes/roustabout-01/command", { command: "hold" }],
  ["/auth/sign-in", { name: "x", password: "y" }],
];
const odd: readonly unknown[] = [null, true, -1, 1e308, "", "\u0000", [], {}, [[[[]]]], "2026-13-99T99:99:99Z", 17, 1.5, "x".repeat(5000)];

function madeUp(random: Random): { path: string; text: string } {
  const [path, body] = pick(random, bodies);
  const text = JSON.stringify(body);
  switch (between(random, 0, 5)) {
    case 0:
      return { path, text };
    case 1:
      return { path, text: JSON.stringify({ ...body, [pick(random, Object.keys(body))]: pick(random, odd) }) };
    case 2:
      return {
        path,
        text: JSON.stringify({ ...body, [pick(random, ["extra", "constructor", "timeline", "priority"])]: pick(random, odd) }),
      };
    case 3:
      return { path, text: text.slice(0, between(random, 0, text.length)) };
    case 4:
      return { path: `${path.split("?")[0]}?${pick(random, ["wait=-1", "wait=1e9", "wait[]=1", "%00=1", "wait=0&wait=0", "%ff"])}`, text };
    default:
      return {
        path: path.replace("m-1", pick(random, ["%00", "..%2f..", "%E0%A4%A", "x".repeat(500)])),
        text: `${"[".repeat(between(random, 0, 60))}${text}`,
      };
  }
}

describe("fuzz", () => {
  const count = process.env["PLAINVIEW_SOAK"] === "1" ? 60_000 : 1_500;

  it(`${count} made-up requests: each has an answer with code and message, none fails inside`, async () => {
    const seed = Number(process.env["PLAINVIEW_SEED"] ?? 20_261_120);
    const random = seededRandom(seed);
    for (let i = 0; i < count; i++) {
      const { path, text } = madeUp(random);
      const answer = await built.app.inject({
        method: "POST",
        url: path,
        headers: { host: "localhost", "content-type": "application/json" },
        payload: text,
      });
      const about = `seed ${seed} input ${i}: ${path.slice(0, 200)} ${text.slice(0, 200)} gave ${answer.statusCode} ${answer.body.slice(0, 200)}`;
      expect([200, 201, 202, 400, 401, 404, 409, 413, 414, 429, 501], about).toContain(answer.statusCode);
      if (answer.statusCode >= 400)
        expect(answer.json(), about).toMatchObject({ code: expect.any(String) as string, message: expect.any(String) as string });
    }
  }, 300_000);
});
