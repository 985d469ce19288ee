import type { DeviceAct, Receipt } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { PointAddress } from "../address.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { ConfiguredDevice } from "../peer/devices.ts";
import type { Peer } from "../peer/peer.ts";
import { valueOf } from "../points/decode.ts";
import { encodeValue } from "../points/encode.ts";
import { wantedOf, type AddressedBinding } from "../points/read-points.ts";
import { DeviceRefusal } from "../transaction/refusal.ts";
import { nullValue, objectKey } from "../wire/value.ts";
import { ObjectType, PropertyIdentifier as P } from "../wire/vocabulary.ts";

const reserved = [1, 2, 5, 6] as const;

export interface Target extends AddressedBinding {
  readonly device: ConfiguredDevice;
  readonly peer: Peer;
}

/** Seconds an output stays as it is once it has turned; read once per object. */
export type MinimumTimes = Map<number, { readonly onS: number; readonly offS: number }>;

/** Everything that can be refused before anything is sent. */
export function checkAct(act: Exclude<DeviceAct, { do: "call" }>, { address, device }: Pick<Target, "address" | "device">): void {
  const { priority } = act;
  if (!Number.isInteger(priority) || priority < 1 || priority > 16)
    throw new GatewayError("not-supported", `there is no priority ${priority}`);
  const kept = reserved.find((one) => one === priority);
  if (kept !== undefined && !device.settings.reservedPriorities.includes(kept)) {
    throw new GatewayError(
      "not-authorised",
      `priority ${priority} is reserved in buildings; name it in reservedPriorities of ${device.id} to write it`,
    );
  }
  if (act.do === "release" && address.property !== P.PRESENT_VALUE)
    throw new GatewayError("not-supported", "only a present value has slots to release");
}

/** Writes a value at its priority, or NULL at the same priority to give the slot back. Sent once. */
export async function actOn(
  conversation: Conversation,
  act: Exclude<DeviceAct, { do: "call" }>,
  target: Target,
  minimums: MinimumTimes,
  signal: AbortSignal,
): Promise<Receipt> {
  const { address, peer } = target;
  const values = act.do === "release" ? [nullValue] : encodeValue(address, act.value);
  if (typeof values === "string") throw new GatewayError("device-refused", values);
  const commands = address.property === P.PRESENT_VALUE && address.index === undefined;
  await conversation.write(peer, { ...wantedOf(address), values, ...(commands && { priority: act.priority }) }, signal);
  const times = commands ? await minimumTimes(conversation, target, minimums, signal) : undefined;
  if (!times || (times.onS === 0 && times.offS === 0)) return { assurance: "device" };
  return {
    assurance: "device",
    detail: `the object stays on for ${times.onS} s and off for ${times.offS} s once it has turned (slot 6): the effect may come later`,
    result: { minimumOnS: times.onS, minimumOffS: times.offS },
  };
}

/** The sixteen slots as the device holds them, priority 1 first. */
export async function readSlots(conversation: Conversation, target: Target, signal: AbortSignal): Promise<readonly (Value | null)[]> {
  const { binding, address, peer } = target;
  try {
    const values = await conversation.read(peer, { object: address.object, property: P.PRIORITY_ARRAY }, signal);
    if (values.length !== 16)
      throw new GatewayError("bad-answer", `a priority array of ${values.length} slots at ${peer.name}`, { sent: true });
    return values.map((value) => (value.type === "null" ? null : (valueOf(address as PointAddress, binding.kind, [value]) ?? null)));
  } catch (error) {
    if (error instanceof DeviceRefusal && error.code === "bad-address") {
      throw new GatewayError("not-supported", `${binding.address} keeps no priority array`, { cause: error, sent: true });
    }
    throw error;
  }
}

/** A binary output may hold what it has just turned to in slot 6, so the effect of a command can be due and not be there yet. */
async function minimumTimes(conversation: Conversation, { address, peer }: Target, minimums: MinimumTimes, signal: AbortSignal) {
  const { object } = address;
  if (object.type !== ObjectType.BINARY_OUTPUT && object.type !== ObjectType.BINARY_VALUE) return undefined;
  const known = minimums.get(objectKey(object));
  if (known) return known;
  try {
    const [on, off] = await conversation.readAll(
      peer,
      [P.MINIMUM_ON_TIME, P.MINIMUM_OFF_TIME].map((property) => ({ object, property })),
      signal,
    );
    const seconds = (got: typeof on) => (got && "values" in got && got.values[0]?.type === "unsigned" ? Number(got.values[0].value) : 0);
    const times = { onS: seconds(on), offS: seconds(off) };
    minimums.set(objectKey(object), times);
    return times;
  } catch {
    // The write was answered; not knowing how long its effect may take must not turn it into a failure.
    return undefined;
  }
}
