import type { Site } from "#src/config/site.ts";
import { describeDiff, diffSites, startSections } from "#src/config/diff-sites.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import type { SiteRead } from "#src/site-reader.ts";

/** What became of a reload: what changed, in words, or what is wrong with the file, a line each. */
export type Reloaded = { readonly changed: string } | { readonly problems: readonly string[] };

/** The site file as it is now, or everything that is wrong with it. What did not change may be the very objects of the site that runs. */
export type ReadSite = (running: Site) => Promise<SiteRead>;

export interface ReloadParts {
  /** As it was started; what can only be taken over by a start is compared with this. */
  readonly started: Site;
  /** As it was described last. */
  readonly described: () => Site;
  readonly read: ReadSite;
  readonly apply: (site: Site, about: { readonly by: string; readonly changed: string }) => Promise<void>;
  readonly log: Log;
}

export type Reload = (by: string) => Promise<Reloaded>;

/** Takes over the site file as it is now, one reload after the other. A file with mistakes changes nothing. */
export function openReload({ started, described, read, apply, log }: ReloadParts): Reload {
  const fromStart = startSections(started);
  let last: Promise<unknown> = Promise.resolve();

  async function readOrTell(running: Site): ReturnType<ReadSite> {
    try {
      return await read(running);
    } catch (error) {
      log.error(`the site file could not be read, nothing was changed: ${messageOf(error)}`);
      throw error;
    }
  }

  async function reload(by: string): Promise<Reloaded> {
    const running = described();
    const found = await readOrTell(running);
    if ("problems" in found) {
      log.warn("the site file has mistakes; nothing was changed", { by, problems: found.problems });
      return found;
    }
    await breath();
    const changed = describeDiff(diffSites({ ...running, ...fromStart }, found.site));
    await breath();
    try {
      await apply(found.site, { by, changed });
    } catch (error) {
      log.error(`the site file could not be taken over: ${messageOf(error)}`);
      throw error;
    }
    log.info(`the site file was read again: ${changed}`, { by });
    return { changed };
  }

  return (by) => {
    const next = last.then(() => reload(by));
    // Whoever asked hears of a failure; the next reload does not wait for that.
    last = next.catch(() => undefined);
    return next;
  };
}

/** At a hundred thousand points each step keeps the loop for some tenths of a second: what came in meanwhile goes before the next. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
