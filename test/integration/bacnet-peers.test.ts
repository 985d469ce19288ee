import type * as BacnetLibrary from "@bacnet-js/client";
import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { encodeApdu, type Apdu } from "#adapters/bacnet/wire/apdu.ts";
import { encodeBvlc } from "#adapters/bacnet/wire/bvlc.ts";
import { encodeNpdu } from "#adapters/bacnet/wire/npdu.ts";
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
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import { Independent } from "#test/contract/peers/independent.ts";

// The library is CommonJS with a default export, which an import of it would wrap once more.
const { default: Library } = createRequire(import.meta.url)("@bacnet-js/client") as typeof BacnetLibrary.default;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function device(): Promise<BacnetPeer> {
  const peer = await BacnetPeer.start({ instance: 4242, name: "Lüftung", description: "of ours", vendorName: "Plainview" }, "127.0.0.6");
  closing.push(() => peer.close());
  peer.add("analog-input:1", 21.5, { units: 62, covIncrement: 0.5 });
  peer.add("multi-state-value:1", 2, { stateTexts: ["off", "on"] });
  peer.addCommandable("analog-output:1", 0);
  return peer;
}

describe("a client nobody here wrote (@bacnet-js/client)", () => {
  async function client(): Promise<InstanceType<typeof Library>> {
    const one = new Library({ apduTimeout: 2_000, port: await freePort("127.0.0.1"), interface: "127.0.0.1" });
    one.on("error", () => undefined);
    closing.push(() => one.close());
    await new Promise<void>((resolve) => one.once("listening", () => resolve()));
    return one;
  }

  it("finds our device, reads one and many of its properties", async () => {
    const peer = await device();
    const library = await client();
    const address = { address: peer.address };
    const heard: unknown[] = [];
    library.on("iAm", (iAm: { payload: unknown }) => heard.push(iAm.payload));
    library.whoIs(address, { lowLimit: 4242, highLimit: 4242 });
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ deviceId: 4242, maxApdu: 1476, segmentation: 0 });
    const { values } = await library.readProperty(address, { type: 8, instance: 4242 }, 77);
    expect(values).toMatchObject([{ type: 7, value: "Lüftung" }]);
    const many = await library.readPropertyMultiple(address, [
      { objectId: { type: 0, instance: 1 }, properties: [85, 111, 117].map((id) => ({ id, index: 0xffff_ffff })) },
    ]);
    expect(JSON.stringify(many)).toContain('"value":21.5');
    expect(JSON.stringify(many)).toContain('"value":62');
  });

  it("commands, releases, and reads the sixteen slots back", async () => {
    const peer = await device();
    const library = await client();
    const address = { address: peer.address };
    const output = { type: 1, instance: 1 };
    await library.writeProperty(address, output, 85, [{ type: 4, value: 70 }], { priority: 8 });
    await library.writeProperty(address, output, 85, [{ type: 4, value: 30 }], { priority: 12 });
    const slots = await library.readProperty(address, output, 87);
    expect(slots.values.map(({ value }: { value: unknown }) => value)).toEqual([
      ...new Array(7).fill(null),
      70,
      null,
      null,
      null,
      30,
      ...new Array(4).fill(null),
    ]);
    await library.writeProperty(address, output, 85, [{ type: 0, value: null }], { priority: 8 });
    expect(peer.values.get("analog-output:1")).toBe(30);
    await expect(library.readProperty(address, output, 4711)).rejects.toThrow(/32/);
  });

  it("hears of changes it has subscribed to", async () => {
    const peer = await device();
    const library = await client();
    const heard: { payload: unknown }[] = [];
    library.on("covNotifyUnconfirmed", (notification: { payload: unknown }) => heard.push(notification));
    await library.subscribeCov({ address: peer.address }, { type: 0, instance: 1 }, 9, false, false, 60);
    await until(() => heard.length === 1);
    peer.set("analog-input:1", 21.6);
    peer.set("analog-input:1", 25);
    await until(() => heard.length === 2);
    expect(JSON.stringify(heard[1]!.payload)).toContain('"value":25');
  });
});

describe("a device nobody here wrote (the same library answering)", () => {
  it("is read and commanded, property by property as it knows no more", async () => {
    const port = await freePort("127.0.0.7");
    const library = new Library({ apduTimeout: 2_000, port, interface: "127.0.0.7" });
    closing.push(() => library.close());
    await new Promise<void>((resolve) => library.once("listening", () => resolve()));
    const written: unknown[] = [];
    library.on("readProperty", ({ header, invokeId, payload: { objectId, property } }) => {
      if (!header || invokeId === undefined) return;
      if (property.id !== 85) return library.errorResponse(header.sender, confirmed.readProperty, invokeId, 2, 32);
      library.readPropertyResponse(header.sender, invokeId, objectId, property, [{ type: 4, value: objectId.instance + 0.5 }]);
    });
    library.on("writeProperty", ({ header, invokeId, payload }) => {
      if (!header || invokeId === undefined) return;
      written.push(payload.value);
      library.simpleAckResponse(header.sender, confirmed.writeProperty, invokeId);
    });
    library.on("error", () => undefined);
    const config = {
      id: "l",
      link: { listen: "127.0.0.1:0", timeoutMs: 500 },
      devices: [{ id: "d", options: { instance: 1, address: `127.0.0.7:${port}`, readMultiple: false }, bindings: [] }],
    };
    const module: AdapterModule = bacnetAdapter;
    const connection = await module.create(config, realEnv()).connect(AbortSignal.timeout(5_000));
    closing.push(() => connection.close());
    const point = (address: string) => ({ point: address, device: "d", address, kind: "number" as const, writable: true, pollMs: 1_000 });
    const readings = await connection.read([point("ai:1"), point("ai:2"), point("ai:3/units")], AbortSignal.timeout(5_000));
    expect(readings.map(({ raw }) => raw)).toEqual([1.5, 2.5, null]);
    await connection.act!({ do: "set", binding: point("ao:1"), value: 12.5, priority: 8 }, AbortSignal.timeout(5_000));
    expect(written).toMatchObject([{ priority: 8, value: [{ type: 4, value: 12.5 }] }]);
  });
});

describe("programs of Debian", () => {
  it("tshark reads everything we write, and finds nothing malformed in it", async () => {
    const independent = new Independent();
    closing.push(() => independent.close());
    if (!(await independent.has("tshark", "--version"))) return;
    const sent = messages();
    writeFileSync(independent.path("ours.pcap"), pcap(sent.map(([, apdu]) => datagram(apdu))));
    const line =
      "-e _ws.malformed -e _ws.expert.message -e bacapp.type -e bacapp.unconfirmed_service -e bacapp.confirmed_service -e frame.number";
    const out = await independent.output("tshark", [
      "-r",
      independent.path("ours.pcap"),
      "-d",
      "udp.port==47808,bvlc",
      "-T",
      "fields",
      "-E",
      "separator=|",
      ...line.split(" "),
    ]);
    const rows = out.split("\n");
    expect(rows.length).toBe(sent.length);
    rows.forEach((row, i) => {
      const [malformed, expert, type] = row.split("|");
      expect([malformed, expert], sent[i]![0]).toEqual(["", ""]);
      expect(type, sent[i]![0]).not.toBe("");
    });
    const verbose = await independent.output("tshark", ["-r", independent.path("ours.pcap"), "-d", "udp.port==47808,bvlc", "-V"]);
    for (const word of ["21.5", "analog-input, 1", "Malformed"].slice(0, 2)) expect(verbose).toContain(word);
    expect(verbose).not.toContain("Malformed");
  });

  it("nmap asks our device who it is and is told", async () => {
    const independent = new Independent();
    closing.push(() => independent.close());
    if (!(await independent.has("nmap", "--version"))) return;
    const peer = await device();
    const port = peer.address.split(":")[1]!;
    const out = await independent.output("nmap", [
      "-sU",
      "-Pn",
      "-n",
      "-p",
      port,
      "--script",
      "+bacnet-info",
      "--max-retries",
      "1",
      "127.0.0.6",
    ]);
    expect(out).toContain("Object-identifier: 4242");
    expect(out).toContain("Object Name: L");
    expect(out).toContain("Description: of ours");
  });
});

/** The library takes port 0 for the standard one, which may be somebody else's. */
async function freePort(host: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** One of everything the adapter and its server side can say. */
function messages(): readonly (readonly [string, Apdu])[] {
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

function datagram(apdu: Apdu): Buffer {
  const npdu = encodeNpdu({
    expectingReply: apdu.kind === "request",
    priority: 0,
    destination: { network: 2001, mac: Uint8Array.of(11) },
    hops: 255,
    payload: encodeApdu(apdu),
  });
  return encodeBvlc({ function: "unicast", npdu });
}

/** A capture file of UDP datagrams between two stations, raw IPv4 (link type 101). */
function pcap(datagrams: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2_c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(101, 20);
  return Buffer.concat([
    head,
    ...datagrams.map((payload, i) => {
      const packet = Buffer.alloc(28 + payload.length);
      packet[0] = 0x45;
      packet.writeUInt16BE(packet.length, 2);
      packet[8] = 64;
      packet[9] = 17;
      packet.set([127, 0, 0, 1, 127, 0, 0, 6], 12);
      packet.writeUInt16BE(47_808, 20);
      packet.writeUInt16BE(47_808, 22);
      packet.writeUInt16BE(8 + payload.length, 24);
      packet.set(payload, 28);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(1_700_000_000 + i, 0);
      record.writeUInt32LE(packet.length, 8);
      record.writeUInt32LE(packet.length, 12);
      return Buffer.concat([record, packet]);
    }),
  ]);
}
