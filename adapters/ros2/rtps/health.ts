import type { ParticipantEvent } from "./events.ts";
import type { Guid } from "./wire/guid.ts";
import type { NetworkCounters } from "./net/network.ts";
import type { Qos } from "./qos.ts";
import type { LocalReader } from "./reading/reader.ts";
import type { ReaderStats } from "./reading/sample.ts";
import type { LocalWriter } from "./writing/writer.ts";
import type { WriterStats } from "./writing/writer-types.ts";

/** A moment's account of a participant: what flows, what was refused, what does not fit together. */
export interface Health {
  readonly participants: number;
  readonly remoteEndpoints: number;
  readonly network: Readonly<NetworkCounters>;
  readonly malformed: number;
  readonly refused: {
    readonly participants: number;
    readonly unreachableParticipants: number;
    readonly endpoints: number;
    readonly locators: number;
    readonly reassembly: number;
    readonly outbound: number;
  };
  readonly reassemblyBytes: number;
  readonly readers: readonly ReaderHealth[];
  readonly writers: readonly WriterHealth[];
  readonly incompatible: readonly Extract<ParticipantEvent, { kind: "incompatible" }>[];
}

export interface ReaderHealth extends Readonly<ReaderStats> {
  readonly guid: Guid;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly matched: number;
}

export interface WriterHealth extends Readonly<WriterStats> {
  readonly guid: Guid;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly matched: number;
  readonly kept: number;
  readonly unacknowledged: number;
}

export function readerHealth(reader: LocalReader): ReaderHealth {
  const { guid, topic, type, qos, stats, writers } = reader;
  return { guid, topic, type, qos, matched: writers.size, ...stats };
}

export function writerHealth(writer: LocalWriter): WriterHealth {
  const { guid, topic, type, qos, stats, readers, history, unacknowledged } = writer;
  return { guid, topic, type, qos, matched: readers.size, kept: history.size, unacknowledged, ...stats };
}
