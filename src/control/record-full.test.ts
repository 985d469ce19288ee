import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { Rig, settled, slotsPoint } from "#test/sim/control-rig.ts";
import { openRecord } from "./file-record.ts";

/** The record's thread runs on real time: both clocks are moved until it is so. */
async function until(rig: Rig, isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 2_000 && !isSo(); n++) {
    await rig.advance(5);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await settled();
  }
  expect(isSo()).toBe(true);
}

test("with the disk full only releases and the safe state go out; the rest is refused, and said", async () => {
  const folder = mkdtempSync(join(tmpdir(), "full-"));
  const record = await openRecord({ folder, log: silentLog, reserveBytes: 1 << 16 });
  const rig = await Rig.open({
    record,
    points: [slotsPoint("north/level", { default: 0 }), slotsPoint("north/trip", {}, { kind: "boolean" })],
    config: { safeState: [{ point: "north/trip", value: true }] },
  });
  const held = rig.set("north/level", 40);
  await until(rig, () => rig.end(held.commandId)?.state === "confirmed");
  record.limit(1);
  const filler = "x".repeat(4_000);
  for (let n = 0; n < 400 && record.state !== "full"; n++) await rig.control.audit.record("noise", "test", filler);
  expect(record.state).toBe("full");
  expect(rig.facts.some((fact) => fact.kind === "event" && fact.type === "record.full")).toBe(true);

  expect(rig.set("north/level", 50)).toMatchObject({ status: "rejected", code: "record-full" });
  expect(rig.set("north/trip", false)).toMatchObject({ code: "record-full" });
  const safe = rig.set("north/trip", true);
  const release = rig.release("north/level");
  await until(rig, () => rig.end(safe.commandId) !== undefined && rig.end(release.commandId) !== undefined);
  expect(rig.end(safe.commandId)?.state).toBe("confirmed");
  expect(rig.end(release.commandId)).toMatchObject({ state: "confirmed", observed: { value: 0 } });

  record.limit(1 << 28);
  await until(rig, () => record.state === "ok" || record.state === "reserve");
  await until(rig, () => record.lookup(release.commandId)?.state === "confirmed");
  await rig.control.close();
  rmSync(folder, { recursive: true, force: true });
});
