import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What decides: a change in here may decide otherwise, or keep its state in another shape. */
const deciding = ["../msgs", "./contract", "./timeline", "./alarms"];

/**
 * Names the code a checkpoint was written by: the release and a digest of everything that takes part in deciding. A checkpoint of
 * other code is not used; the record is retold instead.
 */
export function codeVersion(release: string): string {
  const hash = createHash("sha256");
  for (const folder of deciding) {
    const path = fileURLToPath(new URL(folder, import.meta.url));
    const sources = readdirSync(path).filter((name) => /\.[jt]s$/.test(name) && !name.includes(".test."));
    for (const name of sources.sort()) hash.update(name).update(readFileSync(`${path}/${name}`));
  }
  return `${release}+${hash.digest("hex").slice(0, 12)}`;
}
