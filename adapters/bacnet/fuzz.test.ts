import { describe, expect, it } from "vitest";
import { GatewayError } from "#src/kit/errors.ts";
import { between, pick, seededRandom, type Random } from "#src/kit/random.ts";
import { madeUpEnv } from "#test/fakes/adapter-env.ts";
import { Lan } from "#test/contract/peers/bacnet-lan.ts";
import { Network } from "./link/network.ts";
import { stationOf } from "./link/station.ts";
import { Conversation } from "./peer/conversation.ts";
import { Directory } from "./peer/directory.ts";
import { Peer } from "./peer/peer.ts";
import { BacnetDevice } from "./server/device.ts";
import { pointObject } from "./server/point-object.ts";
import { Application } from "./transaction/application.ts";
import { decodeApdu, encodeApdu } from "./wire/apdu.ts";
import { decodeBvlc, encodeBvlc } from "./wire/bvlc.ts";
import { Malformed } from "./wire/malformed.ts";
import { decodeNpdu, encodeNpdu } from "./wire/npdu.ts";
import { confirmed, unconfirmed } from "./wire/services/choices.ts";
import { decodeCovNotification, encodeCovNotification, encodeSubscribeCov, decodeSubscribeCov } from "./wire/services/cov.ts";
import {
  decodeCommunicationControl,
  decodeListElements,
  decodeReinitialize,
  decodeTimeSync,
  encodeTimeSync,
} from "./wire/services/device-management.ts";
import {
  decodeAcknowledgeAlarm,
  decodeEventInformation,
  decodeEventNotification,
  encodeEventInformation,
  encodeEventNotification,
} from "./wire/services/event.ts";
import * as access from "./wire/services/property-access.ts";
import { decodeRangeAck, decodeReadRange, encodeRangeAck, encodeReadRange } from "./wire/services/read-range.ts";
import { decodeIAm, decodeIHave, decodeWhoHas, decodeWhoIs, encodeIAm, encodeWhoIs } from "./wire/services/who-is.ts";
import { real, text } from "./wire/value.ts";

const rounds = process.env["PLAINVIEW_SOAK"] === "1" ? 250_000 : 6_000;
const ai = { type: 0, instance: 1 };
const stamp = {
  kind: "date-time",
  dateTime: { date: { year: 2026, month: 11, day: 20 }, time: { hour: 1, minute: 2, second: 3, hundredths: 4 } },
} as const;

/** One good message of every kind: what is mutated. */
const services: readonly (readonly [number, Buffer])[] = [
  [confirmed.readProperty, access.encodeReadProperty({ object: ai, property: 85 })],
  [confirmed.readProperty, access.encodeReadPropertyAck({ object: ai, property: 85, values: [real(1)] })],
  [confirmed.readPropertyMultiple, access.encodeReadMultiple([{ object: ai, properties: [{ property: 85 }, { property: 87, index: 3 }] }])],
  [
    confirmed.readPropertyMultiple,
    access.encodeReadMultipleAck([
      {
        object: ai,
        results: [
          { property: 85, values: [real(1)] },
          { property: 28, values: [text("x")] },
          { property: 1, error: { errorClass: 2, errorCode: 32 } },
        ],
      },
    ]),
  ],
  [confirmed.writeProperty, access.encodeWriteProperty({ object: ai, property: 85, values: [real(1)], priority: 8 })],
  [confirmed.writePropertyMultiple, access.encodeWriteMultiple([{ object: ai, property: 85, values: [real(1)] }])],
  [confirmed.subscribeCov, encodeSubscribeCov({ process: 1, object: ai, confirmed: true, lifetimeSeconds: 60 })],
  [
    confirmed.subscribeCovProperty,
    encodeSubscribeCov({ process: 1, object: ai, confirmed: true, lifetimeSeconds: 60, property: { property: 85 }, increment: 1 }),
  ],
  [
    confirmed.covNotification,
    encodeCovNotification({ process: 1, device: 7, object: ai, secondsLeft: 9, values: [{ property: 85, values: [real(2)] }] }),
  ],
  [
    confirmed.eventNotification,
    encodeEventNotification({
      process: 1,
      device: 7,
      object: ai,
      at: stamp,
      notificationClass: 1,
      priority: 9,
      eventType: 5,
      notifyType: 0,
      toState: 3,
      parameters: [real(1)],
    }),
  ],
  [
    confirmed.getEventInformation,
    encodeEventInformation(
      [
        {
          object: ai,
          state: 3,
          acknowledged: [true, false, true],
          at: [stamp, stamp, stamp],
          notifyType: 0,
          enabled: [true, true, true],
          priorities: [1, 2, 3],
        },
      ],
      true,
    ),
  ],
  [
    confirmed.readRange,
    encodeReadRange({ object: { type: 20, instance: 1 }, property: 131, range: { by: "sequence", reference: 5, count: 9 } }),
  ],
  [
    confirmed.readRange,
    encodeRangeAck({
      object: { type: 20, instance: 1 },
      property: 131,
      flags: { first: true, last: true, more: false },
      count: 1,
      records: [{ at: stamp.dateTime, data: [{ kind: "value", value: real(1) }] }],
      firstSequence: 5,
    }),
  ],
  [unconfirmed.iAm, encodeIAm({ instance: 7, maxApdu: 1476, segmentation: 0, vendor: 1 })],
  [unconfirmed.whoIs, encodeWhoIs({ low: 1, high: 9 })],
  [unconfirmed.timeSynchronization, encodeTimeSync(stamp.dateTime)],
];

const readers: readonly ((data: Buffer) => unknown)[] = [
  access.decodeReadProperty, access.decodeReadPropertyAck, access.decodeReadMultiple, access.decodeReadMultipleAck, access.decodeWriteProperty,
  access.decodeWriteMultiple, access.decodeError, (data) => decodeSubscribeCov(data, true), (data) => decodeSubscribeCov(data, false), decodeCovNotification,
  decodeEventNotification, decodeEventInformation, decodeAcknowledgeAlarm, decodeReadRange, decodeRangeAck, decodeIAm, decodeWhoIs, decodeWhoHas, decodeIHave,
  decodeCommunicationControl, decodeReinitialize, decodeTimeSync, decodeListElements,
]; // prettier-ignore

function mutate(random: Random, good: Buffer): Buffer {
  let bytes = Buffer.from(good);
  for (let i = between(random, 1, 5); i > 0; i--) {
    const at = Math.floor(random() * (bytes.length + 1));
    const how = random();
    if (how < 0.4 && bytes.length > 0) bytes[Math.min(at, bytes.length - 1)] = between(random, 0, 255);
    else if (how < 0.6) bytes = bytes.subarray(0, at);
    else if (how < 0.8)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([between(random, 0, 255), between(random, 0, 255)]), bytes.subarray(at)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), pick(random, services)[1].subarray(0, between(random, 0, 30)), bytes.subarray(at)]);
  }
  return Buffer.from(bytes);
}

function message(random: Random): Buffer {
  const [service, data] = pick(random, services);
  const invokeId = between(random, 0, 255);
  const segment =
    random() < 0.3 ? { segment: { sequence: between(random, 0, 255), window: between(random, 0, 255), more: random() < 0.5 } } : {};
  const kinds = [
    () => encodeApdu({ kind: "request", invokeId, service, acceptsSegments: true, maxSegments: 64, maxApdu: 1476, ...segment, data }),
    () => encodeApdu({ kind: "complex-ack", invokeId, service, ...segment, data }),
    () => encodeApdu({ kind: "unconfirmed", service, data }),
    () =>
      encodeApdu({
        kind: "segment-ack",
        invokeId,
        sequence: between(random, 0, 255),
        window: between(random, 0, 255),
        negative: random() < 0.5,
        byServer: random() < 0.5,
      }),
    () => encodeApdu({ kind: "abort", invokeId, reason: between(random, 0, 255), byServer: random() < 0.5 }),
    () => encodeApdu({ kind: "error", invokeId, service, data }),
  ];
  return pick(random, kinds)();
}

describe("whatever arrives", () => {
  it(`is read or called malformed, ${rounds} mutated messages at every layer`, { timeout: 300_000 }, () => {
    const random = seededRandom(20_261_120);
    const onlyMalformed = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    };
    for (let round = 0; round < rounds; round++) {
      const apdu = message(random);
      const npdu = encodeNpdu({
        expectingReply: false,
        priority: 0,
        payload: apdu,
        ...(random() < 0.3 && { source: { network: 7, mac: Uint8Array.of(1) } }),
      });
      const layer = round % 4;
      if (layer === 0) onlyMalformed(() => decodeBvlc(mutate(random, encodeBvlc({ function: "forwarded", from: "10.0.0.1:47808", npdu }))));
      if (layer === 1) onlyMalformed(() => decodeNpdu(mutate(random, npdu)));
      if (layer === 2) onlyMalformed(() => decodeApdu(mutate(random, apdu)));
      if (layer === 3) {
        const data = mutate(random, pick(random, services)[1]);
        onlyMalformed(() => pick(random, readers)(data));
      }
    }
  });

  it("a device and a client in a storm of it answer each other all the same, and nothing grows", { timeout: 300_000 }, async () => {
    const env = madeUpEnv();
    const random = seededRandom(77);
    const lan = new Lan({ timers: env.timers, random });
    const device = new BacnetDevice({ instance: 7, name: "steady" }, lan.transport("device"), env);
    device.add(pointObject({ id: ai, name: "value", read: () => 21 }));
    const heard: { directory?: Directory } = {};
    const application = new Application(new Network(lan.transport("client")), env, {
      perDevice: 2,
      inAll: 16,
      serve: (_, data) => void decodeCovNotification(data),
      hear: (service, data, from) => (service === unconfirmed.iAm ? heard.directory?.hear(data, from) : undefined),
    });
    const directory = new Directory(application, env, [], new AbortController().signal);
    heard.directory = directory;
    const conversation = new Conversation(application, { timeoutMs: 500, retries: 3 });
    const peer = new Peer(stationOf("device"), { instance: 7, maxApdu: 1476, segmentation: 0, vendor: 0 }, true, true);
    const storms = Math.ceil(rounds / 400);
    for (let storm = 0; storm < storms; storm++) {
      for (let i = 0; i < 200; i++) {
        const npdu = encodeNpdu({
          expectingReply: false,
          priority: 0,
          payload: random() < 0.5 ? mutate(random, message(random)) : message(random),
        });
        const bytes = random() < 0.2 ? mutate(random, npdu) : npdu;
        // From strangers: what a station says in the device's own name is not to be told from the device.
        const from = `stranger${between(random, 0, 2_000)}`;
        lan.put(bytes, from, "device");
        lan.put(bytes, from, "client");
      }
      for (let i = 0; i < 20; i++)
        lan.put(
          encodeNpdu({
            expectingReply: false,
            priority: 0,
            payload: encodeApdu({
              kind: "unconfirmed",
              service: 0,
              data: encodeIAm({ instance: between(random, 100, 4_000_000), maxApdu: 480, segmentation: 3, vendor: 9 }),
            }),
          }),
          "flood",
          "client",
        );
      const asked = conversation.readAll(peer, [{ object: ai, property: 85 }], AbortSignal.timeout(60_000));
      await env.advance(100);
      expect(await asked).toEqual([{ values: [real(21)] }]);
    }
    await env.advance(120_000);
    expect(directory.all().length).toBeLessThanOrEqual(10_001);
    expect(device.cov.size).toBeLessThanOrEqual(1_000);
    expect(application.requester.waiting).toBe(0);
    device.close();
    application.close(new GatewayError("closed", "the test is over"));
    await env.advance(120_000);
    expect(env.pendingTimers()).toBe(0);
  });
});
