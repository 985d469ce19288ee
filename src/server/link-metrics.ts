import type { LinkStatus, Links } from "#src/contract/gateway.ts";
import { linkStates } from "#msgs/fact.ts";
import type { Family, Sample } from "./prometheus-text.ts";

/** Each link and each device behind it, as the links themselves count. A link's own rows have an empty `device`. */
export function linkMetrics(links: Links): Family[] {
  const all = links.status();
  return [
    {
      name: "plainview_link_up",
      help: "1 in the state the link is in",
      type: "gauge",
      samples: all.flatMap((link) =>
        linkStates.map((state) => ({ labels: { ...labelsOf(link), state }, value: state === link.state ? 1 : 0 })),
      ),
    },
    ...totals.map(([name, help, of]): Family => {
      return { name, help, type: "counter", samples: all.map((link) => ({ labels: labelsOf(link), value: of(link) })) };
    }),
    {
      name: "plainview_link_errors_total",
      help: "Errors by code",
      type: "counter",
      samples: all.flatMap((link) =>
        Object.entries(link.counters.errors).map(([code, value]) => ({ labels: { ...labelsOf(link), code }, value })),
      ),
    },
    {
      name: "plainview_link_round_trip_seconds",
      help: "From question to answer",
      type: "histogram",
      samples: all.flatMap(roundTrips),
    },
    {
      name: "plainview_link_health",
      help: "What the protocol counts itself since it connected: late answers, garbage on the line, retries",
      type: "gauge",
      samples: all.flatMap((link) => numbersIn(link.health).map(([name, value]) => ({ labels: { ...labelsOf(link), name }, value }))),
    },
  ];
}

/** Two levels deep: what an adapter lists of each of its devices is for `/devices`. */
function numbersIn(health: object = {}, depth = 2): [name: string, value: number][] {
  return Object.entries(health).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "number") return [[name, value]];
    if (depth === 1 || typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return numbersIn(value, depth - 1).map(([inner, count]): [string, number] => [`${name}.${inner}`, count]);
  });
}

/** Totals live in the links, so that rate() gives points a second. */
const totals: readonly [name: string, help: string, of: (link: LinkStatus) => number][] = [
  ["plainview_link_points_total", "Points received", ({ counters }) => counters.points],
  ["plainview_link_requests_total", "Requests answered", ({ counters }) => counters.requests],
  ["plainview_link_connects_total", "Connections made", ({ counters }) => counters.connects],
  ["plainview_link_shed_total", "Samples shed before the stamp", ({ counters }) => counters.shed],
];

function roundTrips(link: LinkStatus): Sample[] {
  const labels = labelsOf(link);
  const { upperMs, counts, sumMs } = link.counters.roundTrip;
  let sum = 0;
  const buckets = counts.map((count, i) => {
    const upper = upperMs[i];
    return { suffix: "_bucket", labels: { ...labels, le: upper === undefined ? "+Inf" : String(upper / 1_000) }, value: (sum += count) };
  });
  return [...buckets, { suffix: "_sum", labels, value: sumMs / 1_000 }, { suffix: "_count", labels, value: sum }];
}

function labelsOf({ adapter, device = "", protocol }: LinkStatus): { adapter: string; device: string; protocol: string } {
  return { adapter, device, protocol };
}
