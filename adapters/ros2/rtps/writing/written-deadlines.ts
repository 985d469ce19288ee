import type { Environment } from "../environment.ts";
import type { ParticipantEvent } from "../events.ts";
import { toGuid, type GuidPrefix } from "../wire/guid.ts";
import type { Qos } from "../qos.ts";
import { SilenceWatch } from "../silence-watch.ts";

/** Watches the deadlines that our own writers have promised to keep. */
export class WrittenDeadlines {
  private readonly watches = new Map<number, SilenceWatch>();
  private readonly env: Environment;
  private readonly report: (event: ParticipantEvent) => void;

  constructor(env: Environment, report: (event: ParticipantEvent) => void) {
    this.env = env;
    this.report = report;
  }

  /** What the writer has to call for each sample; nothing where it promises no deadline. */
  watch(entityId: number, qos: Qos, of: { readonly topic: string; readonly prefix: GuidPrefix }): { wrote?: () => void } {
    if (qos.deadlineMs === Infinity) return {};
    const guid = toGuid(of.prefix, entityId);
    const about = { local: guid, writer: guid, topic: of.topic };
    const watch = new SilenceWatch(this.env, qos.deadlineMs, {
      overdue: (misses) => this.report({ kind: "deadline-missed", ...about, misses }),
      resumed: () => this.report({ kind: "deadline-met", ...about }),
    });
    this.watches.set(entityId, watch);
    return { wrote: () => watch.heard() };
  }

  drop(entityId: number): void {
    this.watches.get(entityId)?.close();
    this.watches.delete(entityId);
  }

  close(): void {
    for (const watch of this.watches.values()) watch.close();
    this.watches.clear();
  }
}
