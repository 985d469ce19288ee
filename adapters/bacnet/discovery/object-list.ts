import { GatewayError } from "#src/kit/errors.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { objectKey, type BacnetValue, type ObjectId } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";

/** Objects of one device at most: the largest controllers have some thousands, and a list is a device's word. */
const maxObjects = 50_000;

/**
 * Every object of a device. In one piece where the device can send it so, element by element where it cannot: what it claims
 * about segmentation is tried, and what it then does is believed.
 */
export async function readObjectList(conversation: Conversation, peer: Peer, signal: AbortSignal): Promise<readonly ObjectId[]> {
  const device = { type: 8, instance: peer.instance };
  const [size] = await conversation.read(peer, { object: device, property: P.OBJECT_LIST, index: 0 }, signal);
  const count = size?.type === "unsigned" ? Number(size.value) : 0;
  if (count > maxObjects) throw new GatewayError("bad-answer", `${peer.name} claims to have ${count} objects`, { sent: true });
  const inOne = count * 5 + 20 <= peer.budget.answer || peer.segmentation <= 1;
  if (inOne) {
    const whole = await tryWhole(conversation, peer, device, signal);
    if (whole && whole.length >= count) return unique(whole);
  }
  const wanted = Array.from({ length: count }, (_, i) => ({ object: device, property: P.OBJECT_LIST, index: i + 1 }));
  const got = await conversation.readAll(peer, wanted, signal);
  return unique(got.flatMap((one) => ("values" in one ? one.values : [])));
}

async function tryWhole(
  conversation: Conversation,
  peer: Peer,
  device: ObjectId,
  signal: AbortSignal,
): Promise<readonly BacnetValue[] | undefined> {
  try {
    return await conversation.read(peer, { object: device, property: P.OBJECT_LIST }, signal, 1);
  } catch (error) {
    // Refused, or promised in segments and never finished: both mean "in pieces, please".
    if (error instanceof DeviceRefusal || (error instanceof GatewayError && (error.code === "timeout" || error.code === "bad-answer")))
      return undefined;
    throw error;
  }
}

function unique(values: readonly BacnetValue[]): readonly ObjectId[] {
  const objects = new Map<number, ObjectId>();
  for (const value of values) if (value.type === "object") objects.set(objectKey(value.value), value.value);
  return [...objects.values()];
}
