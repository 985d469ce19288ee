import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { linkStates } from "#msgs/fact.ts";
import type { CommandLog } from "./command-log.ts";
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
  linkMetrics(services, registers);
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

function linkMetrics(services: Services, registers: Registry[]): void {
  new Gauge({
    name: "plainview_link_up",
    help: "1 in the state the link is in",
    labelNames: ["adapter", "device", "protocol", "state"],
    registers,
    collect() {
      this.reset();
      for (const { adapter, device = "", protocol, state } of services.links.status()) {
        for (const known of linkStates) this.set({ adapter, device, protocol, state: known }, known === state ? 1 : 0);
      }
    },
  });
  // Totals live in the links; the counter is set to them, so that rate() gives points a second.
  const totals: readonly [name: string, help: string, of: (link: ReturnType<Services["links"]["status"]>[number]) => number][] = [
    ["plainview_link_points_total", "Points received", ({ counters }) => counters.points],
    ["plainview_link_requests_total", "Requests sent", ({ counters }) => counters.requests],
    ["plainview_link_connects_total", "Connections made", ({ counters }) => counters.connects],
    ["plainview_link_shed_total", "Samples shed before the stamp", ({ counters }) => counters.shed],
    [
      "plainview_link_errors_total",
      "Errors of all codes",
      ({ counters }) => Object.values(counters.errors).reduce((sum, count) => sum + count, 0),
    ],
  ];
  for (const [name, help, of] of totals) {
    new Counter({
      name,
      help,
      labelNames: ["adapter", "device", "protocol"],
      registers,
      collect() {
        this.reset();
        for (const link of services.links.status()) {
          this.inc({ adapter: link.adapter, device: link.device ?? "", protocol: link.protocol }, of(link));
        }
      },
    });
  }
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
