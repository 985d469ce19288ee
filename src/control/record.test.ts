import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { CommandRow, RecordWrite } from "./record.ts";
import { silentLog } from "#src/kit/log.ts";
import { exportAudit } from "./audit-export.ts";
import { verifyAudit } from "./audit-verify.ts";
import { openRecord } from "./file-record.ts";

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "control-"));
  folders.push(made);
  return made;
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

function commandWrites(id: string, state: CommandRow["state"], at: number, by = "anna"): RecordWrite[] {
  const step = { command: { id, act: { do: "set", point: "p", value: 1 }, priority: 8, asked: "point.write" }, state, by } as const;
  const row: CommandRow = {
    id,
    fingerprint: "f",
    asker: { name: by, kind: "person", role: "operator" },
    target: "p",
    state,
    askedAt: at,
    changedAt: at,
    step,
  };
  return [
    { put: "command", row },
    { put: "audit", entry: { at, kind: "command", by, body: step } },
  ];
}

test("the log has its room from the start, and what is in it outlives a crash", async () => {
  const at = folder();
  const record = await openRecord({ folder: at, log: silentLog });
  const size = () => statSync(join(at, "control.db-wal")).size;
  const before = size();
  for (let n = 0; n < 50; n++) await new Promise((done) => record.write(commandWrites(`c-${n}`, "recorded", n + 1), done));
  expect(size()).toBe(before);
  const copy = folder();
  for (const name of ["control.db", "control.db-wal"]) copyFileSync(join(at, name), join(copy, name));
  await record.close();
  const next = await openRecord({ folder: copy, log: silentLog });
  expect(next.lookup("c-49")?.state).toBe("recorded");
  expect(next.head).toEqual(record.head);
  await next.close();
});

test("what was written is there after closing and opening again", async () => {
  const at = folder();
  const record = await openRecord({ folder: at, log: silentLog, reserveBytes: 0 });
  const slot = { value: 5, by: "anna", since: 1 };
  expect(
    await new Promise((done) =>
      record.write([...commandWrites("c-1", "sending", 10), { put: "slot", row: { point: "p", priority: 8, slot } }], done),
    ),
  ).toBe(true);
  record.write(commandWrites("c-2", "confirmed", 20, "bela"), () => {});
  record.write([{ put: "document", row: { kind: "lease", id: "l-1", body: { scope: "p" } } }], () => {});
  await record.close();

  const again = await openRecord({ folder: at, log: silentLog, reserveBytes: 0 });
  const state = await again.load();
  expect(state.open.map(({ id }) => id)).toEqual(["c-1"]);
  expect(state.ended.map(({ id }) => id)).toEqual(["c-2"]);
  expect(state.slots).toEqual([{ point: "p", priority: 8, slot }]);
  expect(await again.documents("lease")).toEqual([{ kind: "lease", id: "l-1", body: { scope: "p" } }]);
  expect(again.lookup("c-1")?.step.state).toBe("sending");
  expect(again.lookup("c-3")).toBeUndefined();
  expect((await again.query({ by: "bela", limit: 10 })).map(({ id }) => id)).toEqual(["c-2"]);
  expect((await again.query({ target: "p", from: 10, to: 20, limit: 10 })).map(({ id }) => id)).toEqual(["c-1"]);
  expect(again.head.seq).toBe(2);
  await again.close();
});

test("a full disk is said, releases nothing as durable, and what was held goes in once there is room", async () => {
  const at = folder();
  const record = await openRecord({ folder: at, log: silentLog, reserveBytes: 1 << 16, limitBytes: 1 << 18 });
  const states: string[] = [];
  record.onState((state) => states.push(state));
  let durable = true;
  let written = 0;
  while (durable && written < 5_000)
    durable = await new Promise<boolean>((done) => record.write(commandWrites(`c-${written++}`, "confirmed", written), done));
  expect(durable).toBe(false);
  expect(states.at(-1)).toBe("full");
  const roomAgain = new Promise<void>((resolve) => record.onState((state) => state !== "full" && resolve()));
  record.limit(1 << 26);
  await roomAgain;
  expect(await new Promise((done) => record.write(commandWrites("last", "confirmed", 99), done))).toBe(true);
  expect(record.lookup(`c-${written - 1}`)?.state).toBe("confirmed");
  await record.close();
  expect(verifyAudit(exportAudit(at))).toMatchObject({ ok: true, entries: written + 1, unsigned: 0 });
});

test("the oldest signed stretch is dropped when the file outgrows its size, and the rest still verifies from its checkpoint", async () => {
  const at = folder();
  const record = await openRecord({ folder: at, log: silentLog, reserveBytes: 0, keepBytes: 1 << 20 });
  for (let i = 0; i < 512; i++) {
    const done = new Promise((resolve) => record.write(commandWrites(`c-${i * 20 + 19}`, "confirmed", i * 20 + 19), resolve));
    for (let k = 0; k < 19; k++) record.write(commandWrites(`c-${i * 20 + k}`, "confirmed", i * 20 + k), () => {});
    await done;
  }
  const head = record.head;
  await record.close();
  const report = verifyAudit(exportAudit(at), { head, publicKey: readFileSync(join(at, "audit-key.pub"), "utf8") });
  expect(report).toMatchObject({ ok: true, trusts: "the key given" });
  expect(report.ok && report.first).toBeGreaterThan(1);
});

test("the record can be read by its owner alone, also one that an earlier version left open to all", async () => {
  const at = folder();
  const modes = () => ["control.db", "control.db-wal", "control.db-shm"].map((name) => statSync(join(at, name)).mode & 0o777);
  const record = await openRecord({ folder: at, log: silentLog, reserveBytes: 0 });
  expect(modes()).toEqual([0o600, 0o600, 0o600]);
  await record.close();
  chmodSync(join(at, "control.db"), 0o644);
  const again = await openRecord({ folder: at, log: silentLog, reserveBytes: 0 });
  expect(modes()).toEqual([0o600, 0o600, 0o600]);
  await again.close();
});

test("after a clean stop everything is in control.db itself, so that a copy of that file is whole", async () => {
  const at = folder();
  const record = await openRecord({ folder: at, log: silentLog, reserveBytes: 0 });
  expect(await new Promise((done) => record.write(commandWrites("c-1", "confirmed", 10), done))).toBe(true);
  await record.close();
  const copy = folder();
  copyFileSync(join(at, "control.db"), join(copy, "control.db"));
  const again = await openRecord({ folder: copy, log: silentLog, reserveBytes: 0 });
  expect(again.lookup("c-1")?.step.state).toBe("confirmed");
  await again.close();
});
