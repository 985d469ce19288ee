import { dirname, resolve } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { Point } from "#msgs/point.ts";
import { outlineOf, type Outline } from "#src/config/assembly.ts";
import { formatProblem, loadSiteFile, type Site } from "#src/config/index.ts";
import { checkInterlock } from "#src/interlock-check.ts";
import { assert } from "#src/kit/errors.ts";
import { protocols } from "#src/protocols.ts";

export interface ReaderTask {
  readonly path: string;
}

/** Problems, and that is all; or an outline, then points whenever more are asked for, and an empty list at the end. */
export type FromReader = { readonly problems: readonly string[] } | { readonly outline: Outline } | { readonly points: readonly Point[] };

/** Taking over so many keeps the gateway for a few hundredths of a second. */
const pointsAtOnce = 2_000;

assert(parentPort, "this file runs as a worker");
const port = parentPort;
const say = (message: FromReader): void => port.postMessage(message);

const { path } = workerData as ReaderTask;
const loaded = loadSiteFile(path, { modules: protocols, checkInterlock });
if ("problems" in loaded) say({ problems: loaded.problems.map((problem) => formatProblem(path, problem)) });
else hand(inItsPlace(loaded.site));

function hand(site: Site): void {
  let handed = 0;
  port.on("message", () => {
    say({ points: site.points.slice(handed, handed + pointsAtOnce) });
    handed += pointsAtOnce;
  });
  say({ outline: outlineOf(site) });
}

/** The data folder is named relative to the site file, so that it does not matter where the gateway was started from. */
function inItsPlace(site: Site): Site {
  return { ...site, data: { folder: resolve(dirname(site.path), site.data.folder) } };
}
