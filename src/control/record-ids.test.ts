import { expect, test } from "vitest";
import { KnownIds } from "./record-ids.ts";

test("an id that was added is always found, also through the memory shared with another thread", () => {
  const known = new KnownIds();
  for (let n = 0; n < 100_000; n++) known.add(`command-${n}`);
  const other = new KnownIds(known.memory);
  for (let n = 0; n < 100_000; n++) if (!other.mayHave(`command-${n}`)) throw new Error(`command-${n} was missed`);
});

test("an id that was not added is seldom looked up in vain", () => {
  const known = new KnownIds();
  for (let n = 0; n < 100_000; n++) known.add(`command-${n}`);
  let inVain = 0;
  for (let n = 0; n < 10_000; n++) if (known.mayHave(`another-${n}`)) inVain++;
  expect(inVain).toBeLessThan(100);
});
