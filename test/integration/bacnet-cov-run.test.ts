import { expect, it } from "vitest";
import { covRun } from "#bench/bacnet/cov-run.ts";

const soak = process.env["PLAINVIEW_SOAK"] !== undefined;
const seconds = soak ? 3_600 : 4;
const perSecond = 1_000;

it(
  `${seconds} seconds of a thousand changes a second: none lost, nothing grown`,
  async () => {
    const looks = await covRun({ seconds, perSecond, lookEveryS: soak ? 60 : 1 });
    const last = looks.at(-1)!;
    expect(last.changes).toBeGreaterThan(seconds * perSecond * 0.9);
    // What the kernel threw away on a machine that had no time to listen is not the adapter's: it is counted, and read again.
    expect(last.lost).toBeLessThanOrEqual(last.dropsHere);
    if (last.dropsHere === 0) expect(last.heard - last.repeated).toBe(last.changes);
    // From the tenth part on everything has its size; what is kept for each change would be hundreds of megabytes in an hour.
    const settled = looks[Math.ceil(looks.length / 10)]!;
    expect(last.heapMb - settled.heapMb).toBeLessThan(5);
  },
  (seconds + 120) * 1_000,
);
