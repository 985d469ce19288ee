import type { Binding, Reading } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { PointAddress } from "../address.ts";
import type { Conversation, Got } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import type { Wanted } from "../plan.ts";
import { objectKey, type ObjectId } from "../wire/value.ts";
import { ErrorCode, PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { readingOf, type Status } from "./decode.ts";

export interface AddressedBinding {
  readonly binding: Binding;
  readonly address: PointAddress;
}

/** Objects that have no status flags, found out by asking; per device, so that the question is put once. */
export type Flagless = Set<number>;

/** Asks for the points of one device: each present value with the status flags of its object, reliability where a fault is flagged. */
export async function readPoints(
  conversation: Conversation,
  peer: Peer,
  points: readonly AddressedBinding[],
  flagless: Flagless,
  signal: AbortSignal,
): Promise<readonly Reading[]> {
  const wanted: Wanted[] = points.map(({ address }) => wantedOf(address));
  const flagsAt = new Map<number, number>();
  for (const { address } of points) {
    const key = objectKey(address.object);
    if (address.property !== P.PRESENT_VALUE || flagless.has(key) || flagsAt.has(key)) continue;
    flagsAt.set(key, wanted.length);
    wanted.push({ object: address.object, property: P.STATUS_FLAGS });
  }
  const got = await conversation.readAll(peer, wanted, signal);
  const flags = new Map<number, readonly boolean[]>();
  for (const [key, at] of flagsAt) noteFlags(key, got[at]!, flags, flagless);
  const reliability = await reliabilities(conversation, peer, points, flags, signal);
  return points.map(({ binding, address }, index) => {
    const key = objectKey(address.object);
    const ofValue = address.property === P.PRESENT_VALUE;
    const status: Status = {
      ...(ofValue && flags.has(key) && { flags: flags.get(key)! }),
      ...(ofValue && reliability.has(key) && { reliability: reliability.get(key)! }),
    };
    return reading(address, binding, got[index]!, status);
  });
}

/** What one got is, as a reading; what cannot be read as configured is bad, never thrown. */
export function reading(address: PointAddress, binding: Binding, got: Got, status: Status): Reading {
  try {
    return readingOf(address, binding.kind, got, status);
  } catch (error) {
    return { raw: null, quality: quality.badConfig, reason: messageOf(error) };
  }
}

function noteFlags(key: number, got: Got, flags: Map<number, readonly boolean[]>, flagless: Flagless): void {
  if ("error" in got && got.error.errorCode === ErrorCode.UNKNOWN_PROPERTY) flagless.add(key);
  if (!("values" in got)) return;
  const [value] = got.values;
  if (value?.type === "bits") flags.set(key, value.value);
}

async function reliabilities(
  conversation: Conversation,
  peer: Peer,
  points: readonly AddressedBinding[],
  flags: ReadonlyMap<number, readonly boolean[]>,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const faulty = new Map<number, ObjectId>();
  for (const { address } of points)
    if (flags.get(objectKey(address.object))?.[1] === true) faulty.set(objectKey(address.object), address.object);
  const found = new Map<number, number>();
  if (faulty.size === 0) return found;
  const objects = [...faulty.entries()];
  const got = await conversation.readAll(
    peer,
    objects.map(([, object]) => ({ object, property: P.RELIABILITY })),
    signal,
  );
  objects.forEach(([key], index) => {
    const one = got[index]!;
    const value = "values" in one ? one.values[0] : undefined;
    if (value?.type === "enumerated") found.set(key, value.value);
  });
  return found;
}

export function wantedOf({ object, property, index }: PointAddress): Wanted {
  return index === undefined ? { object, property } : { object, property, index };
}
