import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

const base = mkdtempSync(join(tmpdir(), "make-folder-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("makes what is missing, with the mode that was asked for, and leaves what is there", () => {
  const path = join(base, "a/b/c");
  makeFolder(path, 0o700);
  makeFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("says so where a file stands in the way", () => {
  writeFileSync(join(base, "file"), "");
  expect(() => makeFolder(join(base, "file"))).toThrow(/is a file/);
  expect(() => makeFolder(join(base, "file/below"))).toThrow(/ENOTDIR|ENOENT/);
});

test("says so at once where the system takes no folders", () => {
  if (!existsSync("/proc/self")) return;
  expect(() => makeFolder("/proc/plainview/journal")).toThrow(/ENOENT|EACCES|EPERM/);
});
