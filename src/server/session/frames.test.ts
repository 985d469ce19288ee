import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "#msgs/schema/check.ts";
import { asyncApi } from "#msgs/wire/asyncapi.ts";
import { clientFrames } from "#msgs/wire/client-frames.ts";
import { clientFrameTypes } from "#msgs/wire/frame-types.ts";
import { serverFrames, type ServerFrame } from "#msgs/wire/server-frames.ts";
import { between, pick, seededRandom, type Random } from "#src/kit/random.ts";
import { depthOf, frameParser } from "./frames.ts";

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../msgs/wire/fixtures/${name}.json`, import.meta.url), "utf8"));
const client = read("client-frames") as { valid: { type: string }[]; invalid: { why: string; frame: object }[] };
const parse = frameParser({ depth: 16 });

describe("the fixtures that tests and clients share", () => {
  it("have an example of every frame, both ways", () => {
    expect(new Set(client.valid.map(({ type }) => type))).toEqual(new Set(clientFrameTypes));
    expect(new Set((read("server-frames") as ServerFrame[]).map(({ type }) => type))).toEqual(new Set(Object.keys(serverFrames)));
  });

  it("are taken when they are right", () => {
    for (const frame of client.valid) expect(parse(JSON.stringify(frame)), JSON.stringify(frame)).toEqual({ frame });
  });

  it("are refused with a reason when they are wrong", () => {
    for (const { why, frame } of client.invalid)
      expect(parse(JSON.stringify(frame)), why).toMatchObject({ bad: { message: expect.stringMatching(/.{10}/) as string } });
  });

  it("of the gateway's frames have the declared shape", () => {
    for (const frame of read("server-frames") as ServerFrame[]) {
      const checker = compile(serverFrames[frame.type]);
      expect(checker.check(frame), `${JSON.stringify(frame)} ${JSON.stringify(checker.errors(frame))}`).toBe(true);
    }
  });
});

describe("the AsyncAPI document", () => {
  it("has every frame both ways, and every reference leads somewhere", () => {
    const document = asyncApi("1.2.3") as {
      components: { messages: Record<string, { payload: object }> };
      channels: { control: { messages: Record<string, { $ref: string }> } };
    };
    const names = [
      ...Object.keys(clientFrames).map((name) => `client.${name}`),
      ...Object.keys(serverFrames).map((name) => `server.${name}`),
    ];
    expect(Object.keys(document.components.messages).sort()).toEqual(names.sort());
    for (const { $ref } of Object.values(document.channels.control.messages)) {
      expect(document.components.messages[$ref.replace("#/components/messages/", "")]?.payload).toBeTypeOf("object");
    }
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe("depth", () => {
  it("counts brackets and not those inside texts", () => {
    expect(depthOf('{"a":[1,{"b":2}]}', 16)).toBe(3);
    expect(depthOf('{"a":"[[[[\\"[[["}', 16)).toBe(1);
    expect(depthOf("[".repeat(1_000_000), 16)).toBe(17);
    expect(depthOf('"\\', 16)).toBe(0);
  });
});

describe("fuzz", () => {
  const count = process.env["PLAINVIEW_SOAK"] === "1" ? 200_000 : 6_000;

  it(`${count} made-up frames: each is taken or refused with words, none throws`, () => {
    const seed = Number(process.env["PLAINVIEW_SEED"] ?? 20_261_120);
    const random = seededRandom(seed);
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const text = madeUp(random);
      const before = `seed ${seed} input ${i}: ${text.slice(0, 300)}`;
      let parsed: ReturnType<typeof parse>;
      try {
        parsed = parse(text);
      } catch (error) {
        throw new Error(`${before} threw ${String(error)}`);
      }
      if ("frame" in parsed) {
        taken++;
        // What is taken has the shape of its type, whatever it was made from.
        expect(Object.hasOwn(clientFrames, parsed.frame.type), before).toBe(true);
      } else expect(parsed.bad.message.length, before).toBeGreaterThan(5);
    }
    expect(taken).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  }, 300_000);
});

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  "",
  "\u0000",
  "x".repeat(5000),
  [],
  {},
  [[[]]],
  { a: { b: {} } },
  "2026-13-99T99:99:99Z",
  "__proto__",
  17,
  1.5,
];

/** A right frame with something done to it: a property, a byte, the whole. */
export function madeUp(random: Random): string {
  const frame = structuredClone(pick(random, client.valid)) as Record<string, unknown>;
  const way = between(random, 0, 7);
  if (way === 0) return JSON.stringify(frame);
  if (way === 1) return JSON.stringify({ ...frame, [pick(random, Object.keys(frame))]: pick(random, odd) });
  if (way === 2)
    return JSON.stringify({
      ...frame,
      [pick(random, ["polluted", "constructor", "toString", "timeline", "ttlMs", "priority"])]: pick(random, odd),
    });
  if (way === 3) return `{"__proto__":{"polluted":1},${JSON.stringify(frame).slice(1)}`;
  const text = JSON.stringify(frame);
  if (way === 4) return text.slice(0, between(random, 0, text.length));
  if (way === 5) return "[{".repeat(between(random, 0, 40)) + text;
  if (way === 6) {
    const at = between(random, 0, text.length - 1);
    return text.slice(0, at) + String.fromCharCode(between(random, 0, 0x2ff)) + text.slice(at + between(random, 0, 3));
  }
  return Array.from({ length: between(random, 0, 40) }, () => String.fromCharCode(between(random, 0, 0xffff))).join("");
}
