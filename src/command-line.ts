import type { Root } from "#src/cli/root.ts";
import { silentLog } from "#src/kit/log.ts";

/** What the command line is given of the gateway; each part is loaded when a command asks for it, so that `plainview read` starts at once. */
export const root: Root = {
  runGateway: async (options) => (await import("#src/main.ts")).runGateway(options),
  modules: async () => (await import("#src/protocols.ts")).protocols,
  checkInterlock: async () => (await import("#src/interlock-check.ts")).checkInterlock,
  async adapterEnv() {
    const { machineClocks, machineTimers } = await import("#src/timeline/machine-clocks.ts");
    const { SlewedTime } = await import("#src/timeline/live-time.ts");
    return { time: new SlewedTime(machineClocks, machineClocks.wallUs()), timers: machineTimers, log: silentLog };
  },
  exportAudit: async (folder) => (await import("#src/control/audit-export.ts")).exportAudit(folder),
  verifyAudit: async (lines, options) => (await import("#src/control/audit-verify.ts")).verifyAudit(lines, options),
  hashPassword: async (password) => (await import("#src/server/auth/passwords.ts")).hashPassword(password),
};
