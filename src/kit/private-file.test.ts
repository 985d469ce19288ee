import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepPrivate } from "./private-file.ts";

test("a file and what lies beside it can be read by its owner alone, and nothing in it changes", () => {
  const folder = mkdtempSync(join(tmpdir(), "private-"));
  const path = join(folder, "some.db");
  const modeOf = (file: string) => statSync(file).mode & 0o777;
  try {
    keepPrivate(path);
    expect(modeOf(path)).toBe(0o600);
    for (const file of [path, `${path}-wal`]) {
      writeFileSync(file, "kept");
      chmodSync(file, 0o644);
    }
    keepPrivate(path);
    expect([path, `${path}-wal`].map(modeOf)).toEqual([0o600, 0o600]);
    expect(readFileSync(`${path}-wal`, "utf8")).toBe("kept");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
