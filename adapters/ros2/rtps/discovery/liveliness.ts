import { joinBuiltins, livelinessBuiltins, partBuiltins, type BuiltinPair } from "./builtin-endpoints.ts";
import type { Cancel, Environment } from "../environment.ts";
import { entityIds, guidBytes, prefixOf, type GuidPrefix } from "../wire/guid.ts";
import { latchedQos } from "../qos.ts";
import { LocalReader, type ReaderContext } from "../reading/reader.ts";
import type { RemoteParticipant } from "./remote-participant.ts";
import type { Sample } from "../reading/sample.ts";
import { LocalWriter } from "../writing/writer.ts";
import type { WriterContext } from "../writing/writer-types.ts";

/** Kinds of a liveliness message (DDSI-RTPS 9.6.3.1). */
const kinds = { automatic: 1, manual: 2 } as const;

/**
 * Participant liveliness messages: ours keep the writers alive that promised to be, those of others reset the watches on
 * their writers. Writers without a lease, the usual case in ROS, need none of it.
 */
export class Liveliness {
  readonly pair: BuiltinPair;
  private readonly env: Environment;
  private readonly prefix: GuidPrefix;
  private readonly find: (prefix: GuidPrefix) => RemoteParticipant | undefined;
  private leaseMs = Infinity;
  private timer: Cancel | undefined;

  constructor(
    prefix: GuidPrefix,
    contexts: { readonly reader: ReaderContext; readonly writer: WriterContext },
    find: (prefix: GuidPrefix) => RemoteParticipant | undefined,
  ) {
    this.prefix = prefix;
    this.env = contexts.writer.env;
    this.find = find;
    const common = { prefix, topic: "", type: "", qos: latchedQos };
    this.pair = {
      writer: new LocalWriter({ ...common, entityId: entityIds.livelinessWriter, channel: "discovery" }, contexts.writer),
      reader: new LocalReader(
        { ...common, entityId: entityIds.livelinessReader, onSample: (sample) => this.hear(sample) },
        contexts.reader,
      ),
      ...livelinessBuiltins,
    };
  }

  join(remote: RemoteParticipant): void {
    joinBuiltins(this.pair, remote);
  }

  part(remote: RemoteParticipant): void {
    partBuiltins(this.pair, remote);
  }

  /** The shortest lease any of our automatic writers has promised; `Infinity` stops the messages. */
  promise(leaseMs: number): void {
    if (leaseMs === this.leaseMs) return;
    this.leaseMs = leaseMs;
    this.timer?.();
    if (leaseMs !== Infinity) this.assert();
  }

  close(): void {
    this.timer?.();
    this.pair.writer.close();
    this.pair.reader.close();
  }

  private assert(): void {
    this.pair.writer.write(writeLiveliness(this.prefix, kinds.automatic), { key: String(kinds.automatic) });
    this.timer = this.env.after(Math.max(this.leaseMs / 2.5, 5), () => this.assert());
  }

  private hear(sample: Sample): void {
    const kind = sample.payload.length >= 20 ? sample.payload.readUInt32BE(16) : 0;
    const remote = this.find(prefixOf(sample.writer));
    if (remote === undefined || (kind !== kinds.automatic && kind !== kinds.manual)) return;
    const covered = kind === kinds.automatic ? "automatic" : "manual-by-participant";
    for (const hearings of remote.hearings.values()) {
      for (const { matched } of hearings) if (matched.endpoint.qos.liveliness === covered) matched.liveliness?.heard();
    }
  }
}

function writeLiveliness(prefix: GuidPrefix, kind: number): Buffer {
  const payload = Buffer.alloc(4 + 12 + 4 + 4 + 4);
  payload[1] = 1;
  guidBytes(prefix).copy(payload, 4);
  payload.writeUInt32BE(kind, 16);
  payload.writeUInt32LE(1, 20);
  return payload;
}
