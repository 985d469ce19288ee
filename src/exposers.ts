import { isDeepStrictEqual } from "node:util";
import type { Point } from "#msgs/point.ts";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Desk } from "#src/contract/control.ts";
import type { Exposer } from "#src/contract/exposer.ts";
import type { SiteExpose } from "#src/config/site.ts";
import type { Log } from "#src/kit/log.ts";
import type { Live } from "#src/live.ts";
import { messageOf } from "#src/kit/errors.ts";
import { machineTimers } from "#src/timeline/machine-clocks.ts";

export interface ExposerParts {
  readonly live: {
    readonly taps: Pick<Live["taps"], "plant" | "latest">;
    readonly time: Live["time"];
    readonly opened: Pick<Live["opened"], "timeline">;
  };
  readonly desk: Desk;
  readonly log: Log;
}

interface Opened {
  readonly side: SiteExpose;
  readonly exposer: Exposer;
  readonly described: readonly (Point | undefined)[];
}

/** Server sides of the site. One that cannot listen is told and keeps nobody else from working. */
export class Exposers {
  readonly #parts: ExposerParts;
  readonly #open = new Map<string, Opened>();
  #applying: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: ExposerParts) {
    this.#parts = parts;
  }

  /**
   * Closes what is not wanted any more and opens what is; clients of a server that did not change notice nothing. One that could not
   * listen before is tried again.
   */
  apply(sides: readonly SiteExpose[]): Promise<void> {
    const wanted = this.#isClosed ? [] : sides;
    this.#applying = this.#applying.then(() => this.#apply(wanted));
    return this.#applying;
  }

  /** A reload that is still on its way opens nothing any more. */
  close(): Promise<void> {
    const closing = this.apply([]);
    this.#isClosed = true;
    return closing;
  }

  async #apply(sides: readonly SiteExpose[]): Promise<void> {
    const stays = ({ side, described }: Opened) =>
      sides.some((wanted) => isSame(wanted, side)) && this.#described(side).every((point, i) => point === described[i]);
    const leaving = [...this.#open.values()].filter((opened) => !stays(opened));
    for (const { side } of leaving) this.#open.delete(side.id);
    // First they go: who comes may want the same port.
    await Promise.all(leaving.map(({ side, exposer }) => this.#stop(side, exposer)));
    for (const side of sides) if (!this.#open.has(side.id)) await this.#start(side);
  }

  /** What it tells its clients of points; a point that did not change is the same object after a reload. */
  #described({ module, options }: SiteExpose): readonly (Point | undefined)[] {
    const { points } = this.#parts.live.taps.plant;
    return (module.describes?.(options as never) ?? []).map((id) => points.get(id));
  }

  /** One that cannot close in good order holds up neither the others nor the next change. */
  async #stop({ id }: SiteExpose, exposer: Exposer): Promise<void> {
    try {
      await exposer.close();
    } catch (error) {
      this.#parts.log.error(`${id} did not close in good order: ${messageOf(error)}`);
    }
  }

  async #start(side: SiteExpose): Promise<void> {
    const { live, desk, log } = this.#parts;
    const { id, protocol, module, options } = side;
    const env: AdapterEnv = { time: live.time, timers: machineTimers, log: log.area(id) };
    let exposer: Exposer | undefined;
    try {
      exposer = module.create(options as never, live.taps, env);
      await exposer.start(live.opened.timeline.bus, desk);
      this.#open.set(id, { side, exposer, described: this.#described(side) });
      log.info(`${id} shows points over ${protocol}`);
    } catch (error) {
      log.error(`${id} does not show anything: ${messageOf(error)}`);
      // It may have followed the timeline before it could not listen.
      if (exposer) await this.#stop(side, exposer);
    }
  }
}

function isSame(a: SiteExpose, b: SiteExpose): boolean {
  return a.id === b.id && a.module === b.module && isDeepStrictEqual(a.options, b.options);
}
