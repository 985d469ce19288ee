import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { openIncidents } from "./incidents.ts";

const folder = mkdtempSync(join(tmpdir(), "plainview-incidents-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("incidents", () => {
  it("outlive the gateway, also when the last line was torn, and no id is given twice", () => {
    const path = join(folder, "incidents.jsonl");
    const first = openIncidents(path, silentLog);
    expect(first.create({ title: "leak", from: 1, to: 2 }, "op").id).toBe("inc-1");
    appendFileSync(path, '{"id":"inc-2","title":"to');
    appendFileSync(path, "\n");
    const again = openIncidents(path, silentLog);
    expect(again.list()).toHaveLength(1);
    again.create({ title: "next", from: 3, to: 4 }, "op");
    expect(openIncidents(path, silentLog).list().map(({ id, title }) => [id, title])).toEqual([["inc-1", "leak"], ["inc-2", "next"]]); // prettier-ignore
  });
});
