import type { HistoryPage, Reading } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { quality } from "#msgs/quality.ts";
import { formatObject } from "../address.ts";
import { understood, type Conversation } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import type { AddressedBinding } from "../points/read-points.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { instantOf, type DeviceZone } from "../wire/date-time.ts";
import { confirmed } from "../wire/services/choices.ts";
import { decodeRangeAck, encodeReadRange, type Range, type RangeAck } from "../wire/services/read-range.ts";
import type { ObjectId } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { readingOfRecord } from "./record.ts";
import { formatToken, parseToken, type LogPosition } from "./token.ts";

/** Records asked for at once; the device sends as many of them as it can. */
const perRequest = 60;
/** Requests for one log at most: with the above, more records than any device keeps. */
const maxRequests = 50_000;

interface LogState {
  /** Number of the newest record ever written. */
  readonly total: number;
  readonly count: number;
}

interface Reader {
  readonly conversation: Conversation;
  readonly peer: Peer;
  readonly log: ObjectId;
  readonly signal: AbortSignal;
  /** Older devices know no ranges by sequence number: then by position, checked against the count before and after. */
  bySequence: boolean;
}

/**
 * What a log in the device recorded after `token`, oldest first. Records are numbered by the device, so each is handed over
 * once: the token names the last one, and a hole (the ring turned faster than it was read) is a bad reading at its place.
 */
export async function* readLog(
  conversation: Conversation,
  peer: Peer,
  { address, binding }: AddressedBinding,
  token: string | undefined,
  zone: DeviceZone,
  signal: AbortSignal,
): AsyncGenerator<HistoryPage> {
  if (!address.log) throw new GatewayError("not-supported", `${binding.address} names no trend log; add ;log=trend-log:1`);
  const { object: log, member } = address.log;
  const name = formatObject(log);
  const reader: Reader = { conversation, peer, log, signal, bySequence: true };
  let state = await readState(reader);
  let position: LogPosition = parseToken(token, name) ?? { log: name, sequence: oldestOf(state) - 1, time: undefined };
  let holes: Reading[] = [];
  let skipUntil: number | undefined;
  if (state.total < position.sequence) {
    // The log counts from the start again. What it wrote before the last record known is known; the rest is new.
    holes.push(hole("the log began to count anew; what was written last before is lost", position));
    skipUntil = position.time;
    position = { ...position, sequence: oldestOf(state) - 1 };
  }
  for (let round = 0; round < maxRequests && position.sequence < state.total; round++) {
    const oldest = oldestOf(state);
    if (position.sequence + 1 < oldest) {
      holes.push(hole(`${oldest - position.sequence - 1} records were overwritten before they were read`, position));
      position = { ...position, sequence: oldest - 1 };
    }
    const ack = await readSome(reader, position.sequence + 1, state);
    if (!ack) {
      state = await readState(reader);
      continue;
    }
    if (ack.records.length === 0) return;
    const first = ack.firstSequence!;
    if (first > position.sequence + 1)
      holes.push(hole(`${first - position.sequence - 1} records were overwritten before they were read`, position));
    const readings: Reading[] = holes;
    holes = [];
    ack.records.forEach((record, i) => {
      // A device that starts earlier than asked repeats what is known.
      if (first + i <= position.sequence) return;
      const time = instantOf(record.at, zone);
      position = { log: name, sequence: first + i, time: time ?? position.time };
      if (time === undefined || (skipUntil !== undefined && time <= skipUntil)) return;
      const reading = readingOfRecord(record, member, binding.kind, time);
      if (reading) readings.push(reading);
    });
    yield { readings, token: formatToken(position) };
    if (position.sequence >= state.total) state = await readState(reader);
  }
  if (holes.length > 0) yield { readings: holes, token: formatToken(position) };
}

/** Undefined when the ring turned while it was read by position: what came back cannot be numbered. */
async function readSome(reader: Reader, next: number, state: LogState): Promise<RangeAck | undefined> {
  if (reader.bySequence) {
    try {
      const ack = await ask(reader, { by: "sequence", reference: next, count: perRequest });
      // An answer that does not say where it starts is one to another question.
      if (ack.records.length === 0 || ack.firstSequence !== undefined) return ack;
    } catch (error) {
      if (!(error instanceof DeviceRefusal)) throw error;
    }
    reader.bySequence = false;
  }
  const oldest = oldestOf(state);
  const ack = await ask(reader, { by: "position", reference: next - oldest + 1, count: perRequest });
  const after = await readState(reader);
  if (oldestOf(after) !== oldest) return undefined;
  return { ...ack, firstSequence: next };
}

async function ask({ conversation, peer, log, signal }: Reader, range: Range): Promise<RangeAck> {
  const what = `reading ${formatObject(log)}`;
  const data = await conversation.ask(peer, confirmed.readRange, encodeReadRange({ object: log, property: P.LOG_BUFFER, range }), {
    what,
    signal,
    large: true,
  });
  return understood(what, () => decodeRangeAck(data));
}

async function readState({ conversation, peer, log, signal }: Reader): Promise<LogState> {
  const got = await conversation.readAll(
    peer,
    [P.TOTAL_RECORD_COUNT, P.RECORD_COUNT].map((property) => ({ object: log, property })),
    signal,
  );
  const [total, count] = got.map((one) => {
    const value = "values" in one ? one.values[0] : undefined;
    if (value?.type !== "unsigned")
      throw new GatewayError("bad-address", `there is no log ${formatObject(log)} at ${peer.name}`, { sent: true });
    return Number(value.value);
  });
  return { total: total!, count: count! };
}

function oldestOf({ total, count }: LogState): number {
  return total - count + 1;
}

function hole(reason: string, { time }: LogPosition): Reading {
  return { raw: null, quality: quality.badNoValue, reason, ...(time !== undefined && { sourceTime: time + 1 }) };
}
