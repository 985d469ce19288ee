import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAuthStore } from "./sqlite-store.ts";

test("auth.db, which holds the signing secret, can be read by its owner alone, also one an earlier version left open to all", () => {
  const folder = mkdtempSync(join(tmpdir(), "auth-"));
  const path = join(folder, "auth.db");
  const modes = () => [path, `${path}-wal`, `${path}-shm`].map((file) => statSync(file).mode & 0o777);
  try {
    const store = openAuthStore(path);
    const secret = store.signingSecret();
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    store.close();
    chmodSync(path, 0o644);
    const again = openAuthStore(path);
    expect(Buffer.from(again.signingSecret())).toEqual(Buffer.from(secret));
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    again.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
