import { monitorEventLoopDelay } from "node:perf_hooks";
import type { CommandLog } from "./command-log.ts";
import { linkMetrics } from "./link-metrics.ts";
import { openCollections, processMetrics } from "./process-metrics.ts";
import { contentType, textOf, type Family } from "./prometheus-text.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session/session.ts";

export interface Metrics {
  readonly contentType: string;
  text(): string;
  close(): void;
}

/** What Prometheus is told: everything is read off the services when it asks, nothing is kept twice. */
export function openMetrics(services: Services, commands: CommandLog, sessions: () => ReadonlySet<Session>): Metrics {
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  const collections = openCollections();

  function loopDelay(): Family {
    const samples = [50, 99, 100].map((q) => ({ labels: { quantile: String(q / 100) }, value: loop.percentile(q) / 1e9 }));
    loop.reset();
    const help = "Delay of the event loop since the last scrape";
    return { name: "plainview_event_loop_delay_seconds", help, type: "gauge", samples };
  }

  return {
    contentType,
    text: () =>
      textOf([
        ...processMetrics(),
        collections.family(),
        loopDelay(),
        ...linkMetrics(services.links),
        commandMetric(commands),
        ...sessionMetrics(sessions()),
        ...journalMetrics(services),
      ]),
    close() {
      loop.disable();
      collections.close();
    },
  };
}

function commandMetric(commands: CommandLog): Family {
  const samples = [...commands.ends].map(([end, value]) => ({ labels: { end }, value }));
  return { name: "plainview_commands_total", help: "Commands by how they ended", type: "counter", samples };
}

function sessionMetrics(sessions: ReadonlySet<Session>): Family[] {
  const waiting = [...sessions].reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
  return [
    { name: "plainview_sessions", help: "Open WebSocket sessions", type: "gauge", samples: [{ value: sessions.size }] },
    {
      name: "plainview_session_waiting_bytes",
      help: "Bytes waiting in all session sockets",
      type: "gauge",
      samples: [{ value: waiting }],
    },
  ];
}

function journalMetrics(services: Services): Family[] {
  const { readers, bytes } = services.journal();
  return [
    {
      name: "plainview_journal_behind_entries",
      help: "How far each reader of the journal is behind",
      type: "gauge",
      samples: readers.map(({ name, behindEntries }) => ({ labels: { reader: name }, value: behindEntries })),
    },
    { name: "plainview_journal_bytes", help: "Size of the journal", type: "gauge", samples: [{ value: bytes }] },
  ];
}
