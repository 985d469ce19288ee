// A process of its own, so that it can be killed: journal, database writer, and an intake that stamps what its parent hands over.
import { openJournal } from "#db/journal/open.ts";
import { databaseSettings } from "#db/settings.ts";
import { samplesOf } from "#msgs/sample.ts";
import { silentLog } from "#src/kit/log.ts";
import { aPoint } from "./recording.ts";

/** From the device: samples numbered one after the other, never twice. */
export interface Handed {
  readonly ids: readonly number[];
}

/** To the device: everything up to this number is durable. */
export interface Acknowledged {
  readonly durable: number;
}

export interface ChaosOptions {
  readonly folder: string;
  readonly url: string;
  /** How far this gateway's clock is off. */
  readonly clockOffsetUs: number;
  readonly maxBytes: number;
}

const options = JSON.parse(process.argv[2] ?? "{}") as ChaosOptions;
const journal = await openJournal({
  folder: options.folder,
  log: silentLog,
  segmentBytes: 64 * 1024,
  maxBytes: options.maxBytes,
  keepMs: 1,
});
let { at, seq } = journal.head;
const stamp = () => {
  at = Math.max(at + 1, Date.now() * 1000 + options.clockOffsetUs);
  return { at, seq: ++seq };
};
/** The number of the last sample in each entry that is not durable yet. */
const waiting: { seq: number; id: number }[] = [];

journal.onDurable((durableSeq) => {
  let durable: number | undefined;
  while (waiting[0] && waiting[0].seq <= durableSeq) durable = waiting.shift()!.id;
  if (durable !== undefined) process.send?.({ durable } satisfies Acknowledged);
});
if (!journal.clean) {
  const { at: from } = journal.head;
  const stamped = stamp();
  journal.fact({
    ...stamped,
    kind: "gap",
    stream: "gateway",
    from,
    to: stamped.at,
    lost: "unknown",
    why: "the gateway stopped without warning",
  });
}
const points = [{ ...aPoint("chaos"), key: 1 }];
journal.fact({ ...stamp(), kind: "config", revision: "chaos", timeZone: "UTC", areas: [], devices: [], points, valves: [], rules: [] });
journal.follow(databaseSettings(options.url, { batch: { samples: 2_000, everyMs: 20 }, retention: { compressAfterMs: 1e12 } }));

process.on("message", ({ ids }: Handed) => {
  const stamped = stamp();
  const rows = ids.map((value) => ({ key: 1, value, quality: 0, sourceTime: stamped.at }));
  waiting.push({ seq: stamped.seq, id: ids.at(-1)! });
  journal.fact({ ...stamped, kind: "samples", samples: samplesOf(rows, { origin: "pushed", stream: "device" }) });
  if (stamped.seq % 50 === 0) journal.checkpoint({ ...stamped, version: "chaos", taps: {}, deadlines: [] });
});
process.on("disconnect", () => process.exit());
process.send?.({ durable: 0 } satisfies Acknowledged);
