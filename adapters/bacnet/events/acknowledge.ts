import { GatewayError } from "#src/kit/errors.ts";
import { formatObject } from "../address.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import { confirmed } from "../wire/services/choices.ts";
import { encodeAcknowledgeAlarm, type EventSummary } from "../wire/services/event.ts";
import type { TimeStamp } from "../wire/services/time-stamp.ts";
import { sameObject, type ObjectId } from "../wire/value.ts";
import { activeEvents } from "./active.ts";

export interface Acknowledgement {
  /** The name the device keeps with it. */
  readonly by: string;
  readonly process: number;
  readonly acknowledgedAt: TimeStamp;
  /** The off-normal state that is meant, where the object has gone on and no longer tells which it was. */
  readonly offnormalState?: number;
}

const transitions = ["offnormal", "fault", "normal"] as const;

/** Acknowledges at the device what waits for it at one object; says which transitions those were. */
export async function acknowledgeObject(
  conversation: Conversation,
  peer: Peer,
  object: ObjectId,
  acknowledgement: Acknowledgement,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const event = (await activeEvents(conversation, peer, signal)).find((one) => sameObject(one.object, object));
  const waiting = event ? transitions.filter((_, which) => event.acknowledged[which] === false) : [];
  if (!event || waiting.length === 0)
    throw new GatewayError("device-refused", `${peer.name} holds nothing of ${formatObject(object)} that waits for an acknowledgement`);
  const { offnormalState, ...rest } = acknowledgement;
  for (const transition of waiting) {
    const at = event.at[transitions.indexOf(transition)];
    if (!at) throw new GatewayError("bad-answer", `${peer.name} does not say when ${formatObject(object)} went to ${transition}`);
    const data = encodeAcknowledgeAlarm({ ...rest, object, state: stateOf(transition, event, offnormalState), at });
    const what = `acknowledging ${formatObject(object)}`;
    await conversation.ask(peer, confirmed.acknowledgeAlarm, data, { what, signal, once: true });
  }
  return waiting;
}

/** Which event state the transition led to: the standing one says it, unless the object has gone back since. */
function stateOf(transition: (typeof transitions)[number], { state }: EventSummary, offnormalState = 2): number {
  if (transition === "normal") return 0;
  if (transition === "fault") return 1;
  return state > 1 ? state : offnormalState;
}
