import { describeDiff, diffSites, startSections, type Site } from "#src/config/index.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";

/** What became of a reload: what changed, in words, or what is wrong with the file, a line each. */
export type Reloaded = { readonly changed: string } | { readonly problems: readonly string[] };

/** The site file as it is now, or everything that is wrong with it. */
export type ReadSite = () => { readonly site: Site } | { readonly problems: readonly string[] };

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

  async function reload(by: string): Promise<Reloaded> {
    const found = read();
    if ("problems" in found) {
      log.warn("the site file has mistakes; nothing was changed", { by, problems: found.problems });
      return found;
    }
    const changed = describeDiff(diffSites({ ...described(), ...fromStart }, found.site));
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
