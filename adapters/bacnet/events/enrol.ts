import { GatewayError } from "#src/kit/errors.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import { confirmed } from "../wire/services/choices.ts";
import { encodeListElements } from "../wire/services/device-management.ts";
import type { BacnetValue } from "../wire/value.ts";
import { ObjectType, PropertyIdentifier as P } from "../wire/vocabulary.ts";

/** How a device reaches us. */
export interface Enrolment {
  /** Our octets on the network, or undefined when we do not know our own address. */
  readonly mac: Uint8Array | undefined;
  readonly process: number;
}

/** Puts us on the recipient list of a notification class: every day, all day, all transitions, with an answer. */
export async function enrol(
  conversation: Conversation,
  peer: Peer,
  notificationClass: number,
  enrolment: Enrolment,
  signal: AbortSignal,
): Promise<void> {
  if (!enrolment.mac)
    throw new GatewayError("not-supported", "we do not know under which address devices reach us; set ownAddress of the link");
  const target = { object: { type: ObjectType.NOTIFICATION_CLASS, instance: notificationClass }, property: P.RECIPIENT_LIST };
  await conversation.ask(peer, confirmed.addListElement, encodeListElements(target, destination(enrolment.mac, enrolment.process)), {
    what: `enrolling in notification class ${notificationClass}`,
    signal,
  });
}

function destination(mac: Uint8Array, process: number): readonly BacnetValue[] {
  return [
    { type: "bits", value: new Array<boolean>(7).fill(true) },
    { type: "time", value: { hour: 0, minute: 0, second: 0, hundredths: 0 } },
    { type: "time", value: { hour: 23, minute: 59, second: 59, hundredths: 99 } },
    {
      type: "group",
      tag: 1,
      items: [
        { type: "unsigned", value: 0 },
        { type: "octets", value: mac },
      ],
    },
    { type: "unsigned", value: process },
    { type: "boolean", value: true },
    { type: "bits", value: [true, true, true] },
  ];
}
