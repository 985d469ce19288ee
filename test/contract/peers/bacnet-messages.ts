import type { Apdu } from "#adapters/bacnet/wire/apdu.ts";
import { confirmed, unconfirmed } from "#adapters/bacnet/wire/services/choices.ts";
import { encodeCovNotification, encodeSubscribeCov } from "#adapters/bacnet/wire/services/cov.ts";
import {
  encodeCommunicationControl,
  encodeListElements,
  encodeReinitialize,
  encodeTimeSync,
} from "#adapters/bacnet/wire/services/device-management.ts";
import {
  encodeAcknowledgeAlarm,
  encodeEventInformation,
  encodeEventNotification,
  encodeGetEventInformation,
} from "#adapters/bacnet/wire/services/event.ts";
import * as access from "#adapters/bacnet/wire/services/property-access.ts";
import { encodeRangeAck, encodeReadRange } from "#adapters/bacnet/wire/services/read-range.ts";
import { encodeIAm, encodeIHave, encodeWhoHas, encodeWhoIs } from "#adapters/bacnet/wire/services/who-is.ts";
import { bits, enumerated, nullValue, object, real, text, unsigned, type BacnetValue } from "#adapters/bacnet/wire/value.ts";
import { writeCalendar, writeExceptions, writeWeek } from "#adapters/bacnet/schedule/write.ts";

/** One of everything the adapter and its server side can say. */
export function bacnetMessages(): readonly (readonly [string, Apdu])[] {
  const ai = { type: 0, instance: 1 };
  const at = { date: { year: 2026, month: 11, day: 20, weekday: 5 }, time: { hour: 1, minute: 2, second: 3, hundredths: 4 } };
  const stamp = { kind: "date-time", dateTime: at } as const;
  const ask = (service: number, data: Buffer): Apdu => ({
    kind: "request",
    invokeId: 1,
    service,
    acceptsSegments: true,
    maxSegments: 65,
    maxApdu: 1476,
    data,
  });
  const ack = (service: number, data: Buffer): Apdu => ({ kind: "complex-ack", invokeId: 1, service, data });
  const say = (service: number, data: Buffer): Apdu => ({ kind: "unconfirmed", service, data });
  const write = (property: number, values: readonly BacnetValue[] | string, type = 17): Apdu => {
    if (typeof values === "string") throw new Error(values);
    return ask(confirmed.writeProperty, access.encodeWriteProperty({ object: { type, instance: 1 }, property, values }));
  };
  const week = [
    [
      { time: "06:30", value: 21 },
      { time: "19:00", value: null },
    ],
    [],
    [],
    [],
    [],
    [],
    [],
  ];
  const record = { at, data: [{ kind: "value", value: real(21.5) } as const], status: [false, false, false, false] };
  const several = {
    at,
    data: [{ kind: "value", value: real(1) } as const, { kind: "value", value: unsigned(7) } as const],
    multiple: true,
  };
  const log = { type: 20, instance: 1 };
  const summary = {
    object: ai,
    state: 3,
    acknowledged: [false, true, true],
    at: [stamp, stamp, stamp],
    notifyType: 0,
    enabled: [true, true, true],
    priorities: [1, 2, 3],
  };
  return [
    ["who is", say(unconfirmed.whoIs, encodeWhoIs({ low: 1, high: 4_194_302 }))],
    ["I am", say(unconfirmed.iAm, encodeIAm({ instance: 4242, maxApdu: 1476, segmentation: 0, vendor: 0 }))],
    ["who has", say(unconfirmed.whoHas, encodeWhoHas({ looked: { name: "Zuluft" } }))],
    ["I have", say(unconfirmed.iHave, encodeIHave({ device: { type: 8, instance: 1 }, object: ai, name: "Zuluft" }))],
    ["time", say(unconfirmed.timeSynchronization, encodeTimeSync(at))],
    ["read", ask(confirmed.readProperty, access.encodeReadProperty({ object: ai, property: 87, index: 8 }))],
    ["read, answered", ack(confirmed.readProperty, access.encodeReadPropertyAck({ object: ai, property: 85, values: [real(21.5)] }))],
    [
      "read many",
      ask(confirmed.readPropertyMultiple, access.encodeReadMultiple([{ object: ai, properties: [{ property: 85 }, { property: 111 }] }])),
    ],
    [
      "read many, answered",
      ack(
        confirmed.readPropertyMultiple,
        access.encodeReadMultipleAck([
          {
            object: ai,
            results: [
              { property: 85, values: [real(21.5)] },
              { property: 111, values: [bits(false, true, false, false)] },
              { property: 28, error: { errorClass: 2, errorCode: 32 } },
              { property: 77, values: [text("Zuluft Ω")] },
              { property: 117, values: [enumerated(62)] },
            ],
          },
        ]),
      ),
    ],
    ["write", ask(confirmed.writeProperty, access.encodeWriteProperty({ object: ai, property: 85, values: [real(1)], priority: 8 }))],
    ["release", ask(confirmed.writeProperty, access.encodeWriteProperty({ object: ai, property: 85, values: [nullValue], priority: 8 }))],
    [
      "write many",
      ask(confirmed.writePropertyMultiple, access.encodeWriteMultiple([{ object: ai, property: 85, values: [real(1)], priority: 8 }])),
    ],
    ["a week", write(123, writeWeek(week))],
    [
      "exceptions",
      write(
        38,
        writeExceptions([
          { period: { date: "2026-12-24" }, times: [{ time: "00:00", value: 16 }], priority: 3 },
          { period: { calendar: "calendar:1" }, times: [], priority: 9 },
        ]),
      ),
    ],
    [
      "a calendar",
      write(23, writeCalendar([{ date: "*-12-24" }, { from: "2026-12-24", to: "2027-01-06" }, { month: 5, week: 2, weekday: 7 }]), 6),
    ],
    ["subscribe", ask(confirmed.subscribeCov, encodeSubscribeCov({ process: 1, object: ai, confirmed: false, lifetimeSeconds: 300 }))],
    [
      "subscribe to a property",
      ask(
        confirmed.subscribeCovProperty,
        encodeSubscribeCov({ process: 1, object: ai, confirmed: true, lifetimeSeconds: 300, property: { property: 85 }, increment: 0.5 }),
      ),
    ],
    ["unsubscribe", ask(confirmed.subscribeCov, encodeSubscribeCov({ process: 1, object: ai }))],
    [
      "a change",
      say(
        unconfirmed.covNotification,
        encodeCovNotification({
          process: 1,
          device: 7,
          object: ai,
          secondsLeft: 9,
          values: [
            { property: 85, values: [real(2)] },
            { property: 111, values: [bits(false, false, false, false)] },
          ],
        }),
      ),
    ],
    [
      "a range",
      ask(confirmed.readRange, encodeReadRange({ object: log, property: 131, range: { by: "sequence", reference: 9_000, count: 60 } })),
    ],
    [
      "a range by time",
      ask(confirmed.readRange, encodeReadRange({ object: log, property: 131, range: { by: "time", reference: at, count: 60 } })),
    ],
    [
      "a range, answered",
      ack(
        confirmed.readRange,
        encodeRangeAck({
          object: log,
          property: 131,
          flags: { first: true, last: false, more: true },
          count: 1,
          records: [record],
          firstSequence: 9_000,
        }),
      ),
    ],
    [
      "a range of several, answered",
      ack(
        confirmed.readRange,
        encodeRangeAck({
          object: { type: 27, instance: 1 },
          property: 131,
          flags: { first: true, last: false, more: true },
          count: 1,
          records: [several],
          firstSequence: 9,
        }),
      ),
    ],
    ["active events", ask(confirmed.getEventInformation, encodeGetEventInformation(ai))],
    ["active events, answered", ack(confirmed.getEventInformation, encodeEventInformation([summary], false))],
    [
      "an event",
      ask(
        confirmed.eventNotification,
        encodeEventNotification({
          process: 1,
          device: 7,
          object: ai,
          at: stamp,
          notificationClass: 1,
          priority: 100,
          eventType: 0,
          message: "warm",
          notifyType: 0,
          ackRequired: true,
          fromState: 0,
          toState: 2,
          parameters: [
            {
              type: "group",
              tag: 0,
              items: [
                { type: "context", tag: 0, value: Uint8Array.of(6, 0x40) },
                { type: "context", tag: 1, value: Uint8Array.of(4, 0x80) },
              ],
            },
          ],
        }),
      ),
    ],
    [
      "an acknowledgement",
      ask(
        confirmed.acknowledgeAlarm,
        encodeAcknowledgeAlarm({ process: 1, object: ai, state: 3, at: stamp, by: "Ada", acknowledgedAt: stamp }),
      ),
    ],
    [
      "enrolling",
      ask(
        confirmed.addListElement,
        encodeListElements({ object: { type: 15, instance: 1 }, property: 102 }, [
          bits(true, true, true, true, true, true, true),
          { type: "time", value: { hour: 0, minute: 0, second: 0, hundredths: 0 } },
          { type: "time", value: { hour: 23, minute: 59, second: 59, hundredths: 99 } },
          { type: "group", tag: 1, items: [unsigned(0), { type: "octets", value: Uint8Array.of(127, 0, 0, 1, 0xba, 0xc0) }] },
          unsigned(1),
          { type: "boolean", value: true },
          bits(true, true, true),
        ]),
      ),
    ],
    ["silence", ask(confirmed.deviceCommunicationControl, encodeCommunicationControl({ state: "disable", minutes: 5, password: "x" }))],
    ["restart", ask(confirmed.reinitializeDevice, encodeReinitialize("warmstart", "x"))],
    [
      "an object list",
      ack(
        confirmed.readProperty,
        access.encodeReadPropertyAck({ object: { type: 8, instance: 1 }, property: 76, values: [object(8, 1), object(0, 1)] }),
      ),
    ],
  ];
}
