import { describe, expect, test } from "vitest";
import { MadeUpTime } from "#test/sim/control-rig.ts";
import { DroppedFrames } from "./dropped-frames.ts";

interface Entry {
  readonly act: string;
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function opened() {
  const time = new MadeUpTime();
  const audited: Entry[] = [];
  const dropped = new DroppedFrames({ audit: (entry) => audited.push(entry), now: () => time.now(), time });
  const pass = (ms: number) => time.moveTo(time.now() + ms * 1_000);
  const flood = (by: string, frames: number) => {
    for (let i = 0; i < frames; i++) dropped.note({ by, from: "10.0.0.7" });
  };
  return { audited, dropped, pass, flood };
}

describe("frames that are not taken for their rate", () => {
  test("are audited at the first of them, and then once a minute with how many more there were", () => {
    const { audited, pass, flood } = opened();
    flood("anna", 1);
    expect(audited).toEqual([{ act: "frames-dropped", by: "anna", data: { from: "10.0.0.7", code: "too-many-frames" } }]);
    flood("anna", 1_000);
    pass(59_000);
    expect(audited).toHaveLength(1);
    pass(1_000);
    expect(audited).toMatchObject([{}, { by: "anna", data: { more: 1_000, since: "2026-11-21T00:00:00.000000Z" } }]);
    for (let minute = 0; minute < 120; minute++) {
      flood("anna", 500);
      pass(60_000);
    }
    expect(audited).toHaveLength(122);
    expect(audited.reduce((sum, { data }) => sum + Number(data["more"] ?? 1), 0)).toBe(1 + 1_000 + 120 * 500);
  });

  test("of a sender who stopped for a minute are said anew when he begins again", () => {
    const { audited, pass, flood } = opened();
    flood("anna", 1);
    pass(60_000);
    flood("anna", 1);
    expect(audited.map(({ data }) => data["more"])).toEqual([undefined, undefined]);
  });

  test("are told apart by sender, and of very many senders together", () => {
    const { audited, pass, flood } = opened();
    for (let n = 0; n < 1_000; n++) flood(`client-${n}`, 2);
    expect(audited).toHaveLength(201);
    pass(60_000);
    expect(audited).toHaveLength(402);
    expect(audited.at(-1)).toMatchObject({ by: "others", data: { more: 2 * 800 - 1 } });
    flood("client-999", 1);
    expect(audited.at(-1)).toMatchObject({ by: "others" });
  });

  test("are said to the last when the gateway stops", () => {
    const { audited, dropped, pass, flood } = opened();
    flood("anna", 8);
    dropped.close();
    expect(audited.map(({ data }) => data["more"])).toEqual([undefined, 7]);
    pass(60_000);
    expect(audited).toHaveLength(2);
  });
});
