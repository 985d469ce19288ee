import { GatewayError } from "#src/kit/errors.ts";
import { understood, type Conversation } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import { confirmed } from "../wire/services/choices.ts";
import { decodeEventInformation, encodeGetEventInformation, type EventSummary } from "../wire/services/event.ts";
import type { ObjectId } from "../wire/value.ts";

/** Answers asked for at most: a device that always says "more" would be asked for ever. */
const maxPages = 500;

/** Everything a device holds that is not normal or not acknowledged, asked for page by page. */
export async function activeEvents(conversation: Conversation, peer: Peer, signal: AbortSignal): Promise<readonly EventSummary[]> {
  const events: EventSummary[] = [];
  let after: ObjectId | undefined;
  for (let page = 0; page < maxPages; page++) {
    const what = "reading active events";
    const data = await conversation.ask(peer, confirmed.getEventInformation, encodeGetEventInformation(after), {
      what,
      signal,
      large: true,
    });
    const { events: some, more } = understood(what, () => decodeEventInformation(data));
    events.push(...some);
    const last = some.at(-1)?.object;
    if (!more || !last) return events;
    after = last;
  }
  throw new GatewayError("bad-answer", `${peer.name} says after ${maxPages} answers that there are more events`, { sent: true });
}
