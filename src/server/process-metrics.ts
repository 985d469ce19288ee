import { readdirSync, readFileSync } from "node:fs";
import { constants, performance, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Family, Sample } from "./prometheus-text.ts";

/** What this process takes, under the names usual for Node. What only Linux tells is missing elsewhere. */
export function processMetrics(): Family[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return [
    one("counter", "process_cpu_user_seconds_total", "Total user CPU time spent in seconds", user / 1e6),
    one("counter", "process_cpu_system_seconds_total", "Total system CPU time spent in seconds", system / 1e6),
    one("counter", "process_cpu_seconds_total", "Total user and system CPU time spent in seconds", (user + system) / 1e6),
    one("gauge", "process_start_time_seconds", "Start of the process, seconds since 1970", Math.round(performance.timeOrigin / 1000)),
    one("gauge", "process_resident_memory_bytes", "Resident memory", rss),
    ...linuxMetrics(),
    one("gauge", "nodejs_heap_size_total_bytes", "Heap reserved", heapTotal),
    one("gauge", "nodejs_heap_size_used_bytes", "Heap in use", heapUsed),
    one("gauge", "nodejs_external_memory_bytes", "Memory of objects outside the heap", external),
    ...heapSpaces(),
    many("nodejs_active_resources", "What keeps the event loop alive", "type", counted(process.getActiveResourcesInfo())),
    many("nodejs_version_info", "The version of Node", "version", new Map([[process.version, 1]])),
  ];
}

/** Garbage collections since this was opened, by kind. */
export function openCollections(): { family(): Family; close(): void } {
  const kinds = new Map<number, { readonly kind: string; count: number; seconds: number }>([
    [constants.NODE_PERFORMANCE_GC_MINOR, { kind: "minor", count: 0, seconds: 0 }],
    [constants.NODE_PERFORMANCE_GC_MAJOR, { kind: "major", count: 0, seconds: 0 }],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, { kind: "incremental", count: 0, seconds: 0 }],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, { kind: "weakcb", count: 0, seconds: 0 }],
  ]);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const about = kinds.get((entry as { detail?: { kind?: number } }).detail?.kind ?? -1);
      if (!about) continue;
      about.count++;
      about.seconds += entry.duration / 1000;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    family: () => ({
      name: "plainview_nodejs_gc_duration_seconds",
      help: "Garbage collections by kind",
      type: "summary",
      samples: [...kinds.values()].flatMap(({ kind, count, seconds }): Sample[] => [
        { suffix: "_sum", labels: { kind }, value: seconds },
        { suffix: "_count", labels: { kind }, value: count },
      ]),
    }),
    close: () => observer.disconnect(),
  };
}

function linuxMetrics(): Family[] {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const limits = readFileSync("/proc/self/limits", "utf8");
    const bytes = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    return [
      one("gauge", "process_virtual_memory_bytes", "Virtual memory", bytes("VmSize")),
      one("gauge", "process_heap_bytes", "Data segment", bytes("VmData")),
      // The folder itself is open while it is read.
      one("gauge", "process_open_fds", "Open file descriptors", readdirSync("/proc/self/fd").length - 1),
      one("gauge", "process_max_fds", "Most open file descriptors", Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)),
    ];
  } catch {
    return [];
  }
}

function heapSpaces(): Family[] {
  const spaces = getHeapSpaceStatistics().map((space) => ({ ...space, name: space.space_name.replace(/_space$/, "") }));
  const sizes = (which: "space_size" | "space_used_size" | "space_available_size") =>
    new Map(spaces.map((space) => [space.name, space[which]]));
  return [
    many("nodejs_heap_space_size_total_bytes", "Reserved, by heap space", "space", sizes("space_size")),
    many("nodejs_heap_space_size_used_bytes", "In use, by heap space", "space", sizes("space_used_size")),
    many("nodejs_heap_space_size_available_bytes", "Left, by heap space", "space", sizes("space_available_size")),
  ];
}

function counted(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function one(type: "counter" | "gauge", name: string, help: string, value: number): Family {
  return { name: `plainview_${name}`, help, type, samples: [{ value }] };
}

function many(name: string, help: string, label: string, values: ReadonlyMap<string, number>): Family {
  const samples = [...values].map(([word, value]) => ({ labels: { [label]: word }, value }));
  return { name: `plainview_${name}`, help, type: "gauge", samples };
}
