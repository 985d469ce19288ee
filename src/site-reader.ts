import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Assembly } from "#src/config/assembly.ts";
import type { Site } from "#src/config/site.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { protocols } from "#src/protocols.ts";
import type { FromReader, ReaderTask } from "#src/site-thread.ts";

/** The site as its file has it now, or everything that is wrong with it, a line each. */
export type SiteRead = { readonly site: Site } | { readonly problems: readonly string[] };

/**
 * Reading a hundred thousand points takes seconds and some 200 MB, which the plant that runs shall not feel: it is done in a thread of
 * its own, and what comes over is taken piece by piece. Held against `running`, what did not change is the very object that runs.
 */
export async function readSite(path: string, running?: Site): Promise<SiteRead> {
  const workerData: ReaderTask = { path };
  // Much of it is garbage at once: a large nursery halves the time, and goes with the thread.
  const resourceLimits = { maxYoungGenerationSizeMb: 64 };
  const worker = new Worker(new URL("./site-thread.ts", import.meta.url), { workerData, resourceLimits, name: "site file" });
  try {
    return await received(worker, running);
  } finally {
    await worker.terminate();
  }
}

async function received(worker: Worker, running: Site | undefined): Promise<SiteRead> {
  let assembly: Assembly | undefined;
  for (;;) {
    const message = await next(worker);
    if ("problems" in message) return message;
    if ("outline" in message) assembly = new Assembly(message.outline, running);
    else if (message.points.length > 0) assembly!.take(message.points);
    else return { site: assembly!.site(protocols) };
    // Nobody else has waited longer than one piece takes.
    worker.postMessage("more");
  }
}

async function next(worker: Worker): Promise<FromReader> {
  const gone = new AbortController();
  const ended = once(worker, "exit", { signal: gone.signal }).then(() => {
    throw new GatewayError("closed", "the thread that reads the site file ended without an answer");
  });
  try {
    const [message] = (await Promise.race([once(worker, "message"), ended])) as [FromReader];
    return message;
  } finally {
    gone.abort();
    ended.catch(() => undefined);
  }
}
