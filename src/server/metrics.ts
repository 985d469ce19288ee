import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { CommandLog } from "./command-log.ts";
import { linkMetrics } from "./link-metrics.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session/session.ts";

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  close(): void;
}

/** What Prometheus is told: gauges are read off the services when it asks, nothing is kept twice. */
export function openMetrics(services: Services, commands: CommandLog, sessions: () => ReadonlySet<Session>): Metrics {
  const registry = services.metrics ?? new Registry();
  const own = new Registry();
  const registers = [own];
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  collectDefaultMetrics({ register: own, prefix: "plainview_" });

  new Gauge({
    name: "plainview_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const quantile of [50, 99, 100]) this.set({ quantile: String(quantile / 100) }, loop.percentile(quantile) / 1e9);
      loop.reset();
    },
  });
  linkMetrics(services.links, own);
  commandMetrics(commands, registers);
  sessionMetrics(sessions, registers);
  journalMetrics(services, registers);

  return {
    contentType: own.contentType,
    async text() {
      const parts = registry === own ? [own] : [own, registry];
      return (await Promise.all(parts.map((part) => part.metrics()))).join("\n");
    },
    close: () => void loop.disable(),
  };
}

function commandMetrics(commands: CommandLog, registers: Registry[]): void {
  new Counter({
    name: "plainview_commands_total",
    help: "Commands by how they ended",
    labelNames: ["end"],
    registers,
    collect() {
      this.reset();
      for (const [end, count] of commands.ends) this.inc({ end }, count);
    },
  });
}

function sessionMetrics(sessions: () => ReadonlySet<Session>, registers: Registry[]): void {
  new Gauge({
    name: "plainview_sessions",
    help: "Open WebSocket sessions",
    registers,
    collect() {
      this.set(sessions().size);
    },
  });
  new Gauge({
    name: "plainview_session_waiting_bytes",
    help: "Bytes waiting in all session sockets",
    registers,
    collect() {
      let bytes = 0;
      for (const session of sessions()) bytes += session.waitingBytes;
      this.set(bytes);
    },
  });
}

function journalMetrics(services: Services, registers: Registry[]): void {
  new Gauge({
    name: "plainview_journal_behind_entries",
    help: "How far each reader of the journal is behind",
    labelNames: ["reader"],
    registers,
    collect() {
      this.reset();
      for (const reader of services.journal().readers) this.set({ reader: reader.name }, reader.behindEntries);
    },
  });
  new Gauge({
    name: "plainview_journal_bytes",
    help: "Size of the journal",
    registers,
    collect() {
      this.set(services.journal().bytes);
    },
  });
}
