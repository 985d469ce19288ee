import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Desk } from "#src/contract/control.ts";
import type { Exposer } from "#src/contract/exposer.ts";
import type { SiteExpose } from "#src/config/index.ts";
import type { Log } from "#src/kit/log.ts";
import type { Live } from "#src/live.ts";
import { messageOf } from "#src/kit/errors.ts";
import { machineTimers } from "#src/timeline/machine-clocks.ts";

/** Server sides of the site, opened one by one: one that cannot listen is told and keeps nobody else from working. */
export async function openExposers(sides: readonly SiteExpose[], live: Live, desk: Desk, log: Log): Promise<{ close(): Promise<void> }> {
  const open: Exposer[] = [];
  for (const { id, protocol, module, options } of sides) {
    const env: AdapterEnv = { time: live.time, timers: machineTimers, log: log.area(id) };
    const exposer = module.create(options as never, live.taps, env);
    try {
      await exposer.start(live.opened.timeline.bus, desk);
      open.push(exposer);
      log.info(`${id} shows points over ${protocol}`);
    } catch (error) {
      log.error(`${id} does not show anything: ${messageOf(error)}`);
    }
  }
  return { close: async () => void (await Promise.all(open.map((exposer) => exposer.close()))) };
}
