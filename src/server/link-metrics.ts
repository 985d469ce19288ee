import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import type { LinkStatus, Links } from "#src/contract/gateway.ts";
import { linkStates } from "#msgs/fact.ts";

/** Each link and each device behind it, as the links themselves count. A link's own rows have an empty `device`. */
export function linkMetrics(links: Links, register: Registry): void {
  new Gauge({
    name: "plainview_link_up",
    help: "1 in the state the link is in",
    labelNames: ["adapter", "device", "protocol", "state"],
    registers: [register],
    collect() {
      this.reset();
      for (const link of links.status())
        for (const known of linkStates) this.set({ ...labelsOf(link), state: known }, known === link.state ? 1 : 0);
    },
  });
  for (const [name, help, of] of totals) total({ name, help, links, register }, (link) => [[{}, of(link)]]);
  total({ name: "plainview_link_errors_total", help: "Errors by code", links, register, more: ["code"] }, ({ counters }) =>
    Object.entries(counters.errors).map(([code, count]) => [{ code }, count]),
  );
  register.registerMetric(roundTrips(links));
}

/** Totals live in the links; the counters are set to them, so that rate() gives points a second. */
const totals: readonly [name: string, help: string, of: (link: LinkStatus) => number][] = [
  ["plainview_link_points_total", "Points received", ({ counters }) => counters.points],
  ["plainview_link_requests_total", "Requests answered", ({ counters }) => counters.requests],
  ["plainview_link_connects_total", "Connections made", ({ counters }) => counters.connects],
  ["plainview_link_shed_total", "Samples shed before the stamp", ({ counters }) => counters.shed],
];

function total(
  about: { name: string; help: string; links: Links; register: Registry; more?: readonly string[] },
  of: (link: LinkStatus) => readonly (readonly [labels: Record<string, string>, count: number])[],
): void {
  new Counter({
    name: about.name,
    help: about.help,
    labelNames: ["adapter", "device", "protocol", ...(about.more ?? [])],
    registers: [about.register],
    collect() {
      this.reset();
      for (const link of about.links.status()) for (const [labels, count] of of(link)) this.inc({ ...labelsOf(link), ...labels }, count);
    },
  });
}

/** The library's histogram counts for itself; these are counted already, so only its way to be asked is taken over. */
function roundTrips(links: Links): Metric {
  const about = { name: "plainview_link_round_trip_seconds", help: "From question to answer", type: "histogram", aggregator: "sum" };
  const get = () => Promise.resolve({ ...about, values: links.status().flatMap((link) => bucketsOf(about.name, link)) });
  return { ...about, get, reset: () => {} } as unknown as Metric;
}

function bucketsOf(name: string, link: LinkStatus) {
  const labels = labelsOf(link);
  const { upperMs, counts, sumMs } = link.counters.roundTrip;
  let sum = 0;
  const buckets = counts.map((count, i) => {
    const upper = upperMs[i];
    return { metricName: `${name}_bucket`, labels: { ...labels, le: upper === undefined ? "+Inf" : upper / 1_000 }, value: (sum += count) };
  });
  return [...buckets, { metricName: `${name}_sum`, labels, value: sumMs / 1_000 }, { metricName: `${name}_count`, labels, value: sum }];
}

function labelsOf({ adapter, device = "", protocol }: LinkStatus): { adapter: string; device: string; protocol: string } {
  return { adapter, device, protocol };
}
