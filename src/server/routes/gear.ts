import type { Auth } from "../auth/auth.ts";
import type { Callers } from "../auth/caller.ts";
import type { CommandLog } from "../command-log.ts";
import type { EdgeTime } from "../edge-time.ts";
import type { Metrics } from "../metrics.ts";
import type { MissionDesk } from "../missions.ts";
import type { ServerOptions, Services } from "../services.ts";
import type { Hub } from "../session/hub.ts";
import type { Limits } from "../session/limits.ts";
import type { Session } from "../session/session.ts";
import type { Writes } from "../writes.ts";
import type { Log } from "#src/kit/log.ts";

/** What routes are made of. */
export interface Gear {
  readonly services: Services;
  readonly options: ServerOptions;
  readonly auth: Auth;
  readonly callers: Callers;
  readonly commands: CommandLog;
  readonly writes: Writes;
  readonly missions: MissionDesk;
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly time: EdgeTime;
  readonly log: Log;
  /** Open WebSocket sessions. */
  readonly sessions: () => ReadonlySet<Session>;
}
