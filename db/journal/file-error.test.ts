import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GatewayError } from "#src/kit/errors.ts";
import { silentLog } from "#src/kit/log.ts";
import { Story, durable } from "#test/fakes/recording.ts";
import { fileError } from "./file-error.ts";
import { openJournal } from "./open.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "plainview-files-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => openJournal({ folder, log: silentLog, segmentBytes: 4_000 });
const files = () => readdirSync(folder).sort();
const modes = () => new Set(files().map((name) => statSync(join(folder, name)).mode & 0o777));
const refusal = () =>
  open().then(
    (journal) => journal.close().then(() => undefined),
    (error: unknown) => error,
  );

async function written(): Promise<string[]> {
  const journal = await open();
  const story = new Story();
  for (let i = 0; i < 40; i++) {
    const fact = i === 0 ? story.plant({ a: 1 }) : story.batch({ 1: "x".repeat(500) });
    const stored = durable(journal, fact.seq);
    journal.fact(fact);
    await stored;
  }
  expect(modes(), "while it is open, with what SQLite keeps beside it").toEqual(new Set([0o600]));
  await journal.close();
  return files().filter((name) => /^segment-\d+\.sqlite$/.test(name));
}

test("the owner alone reads the journal, whatever older versions left open", async () => {
  const segments = await written();
  expect(segments.length).toBeGreaterThan(3);
  for (const name of files()) chmodSync(join(folder, name), 0o644);
  await (await open()).close();
  expect(modes()).toEqual(new Set([0o600]));
});

describe("a segment that this machine does not let us open", () => {
  test.each([
    ["an old one", 1],
    ["the one to go on writing", -1],
  ])("stops the start and stays where it is: %s", async (_which, index) => {
    const name = (await written()).at(index)!;
    const path = join(folder, name);
    // A folder in its place is what SQLite calls "cannot open", for root as for anybody.
    renameSync(path, `${path}.kept`);
    mkdirSync(path);
    const before = files();
    const refused = await refusal();
    expect(refused).toBeInstanceOf(GatewayError);
    expect((refused as GatewayError).code).toBe("no-permission");
    expect((refused as GatewayError).message).toMatch(new RegExp(`${name}: .*(owns it|can only be read)`));
    expect(files()).toEqual(before);
    rmSync(path, { recursive: true });
    renameSync(`${path}.kept`, path);
    const again = await open();
    expect(again.damaged).toEqual([]);
    expect(again.head.seq).toBe(40);
    await again.close();
  });
});

test("a segment whose making was cut short is no segment, and no gap", async () => {
  const names = await written();
  writeFileSync(join(folder, "segment-0000000000000099.sqlite.new"), "");
  const again = await open();
  expect(again.damaged).toEqual([]);
  await again.close();
  expect(existsSync(join(folder, names[0]!))).toBe(true);
});

test("a segment of a newer version stops the start", async () => {
  const path = join(folder, (await written())[1]!);
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(path);
  db.exec("UPDATE meta SET value = 99 WHERE name = 'format'");
  db.close();
  const before = readFileSync(path);
  expect(await refusal()).toMatchObject({ code: "not-supported", message: expect.stringMatching(/newer version/) as string });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each([
  [3, "no-permission"],
  [5, "busy"],
  [8, "no-permission"],
  [1032, "no-permission"],
  [10, "no-permission"],
  [778, "no-permission"],
  [13, "disk-full"],
  [14, "no-permission"],
  [1, "damaged"],
  [11, "damaged"],
  [267, "damaged"],
  [26, "damaged"],
])("SQLite's %i is %s", (errcode, code) => {
  expect(fileError("a segment", Object.assign(new Error("as SQLite says"), { errcode })).code).toBe(code);
});

test.each([
  ["EACCES", "no-permission"],
  ["EROFS", "no-permission"],
  ["ENOSPC", "disk-full"],
  ["EIO", "no-permission"],
])("the system's %s is %s", (code, expected) => {
  expect(fileError("a segment", Object.assign(new Error("as the system says"), { code, syscall: "open" })).code).toBe(expected);
});
