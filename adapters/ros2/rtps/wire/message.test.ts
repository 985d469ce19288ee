import { describe, expect, test } from "vitest";
import { readMessage } from "./message-reader.ts";
import { MessageWriter, prefixBytes } from "./message-writer.ts";
import { ParameterList, pids } from "./parameter-list.ts";

const from = "01".repeat(12);
const us = "02".repeat(12);
const other = "03".repeat(12);
const message = () => new MessageWriter(prefixBytes(from), 4096);
const read = (writer: MessageWriter) => readMessage(writer.bytes(), us)!.submessages;

describe("what one side writes the other reads", () => {
  test("a sample keeps number, time, payload and inline QoS", () => {
    const inline = new ParameterList()
      .octets(pids.statusInfo, Buffer.from([0, 0, 0, 3]))
      .guid(pids.keyHash, "ab".repeat(16))
      .inline();
    const payload = Buffer.from([0, 1, 0, 0, 7, 0, 0, 0]);
    const [data] = read(
      message()
        .timestamp(1_700_000_000_123_457)
        .data(4, 0x103, 2 ** 40 + 5, payload, inline),
    );
    expect(data).toMatchObject({
      kind: "data",
      prefix: from,
      readerId: 4,
      writerId: 0x103,
      sequence: 2 ** 40 + 5,
      sourceTimeUs: 1_700_000_000_123_457,
      inline: { disposed: true, key: "ab".repeat(16) },
    });
    expect(data).toHaveProperty("payload", payload);
  });

  test("a fragment keeps its place in the sample", () => {
    const bytes = Buffer.alloc(1344, 9);
    const [part] = read(message().fragment(0, 0x103, 3, { number: 2, fragmentBytes: 1344, sampleBytes: 4000, bytes, inline: undefined }));
    expect(part).toMatchObject({ kind: "fragments", sequence: 3, first: 2, count: 1, fragmentBytes: 1344, sampleBytes: 4000 });
  });

  test("heartbeat, gap and both kinds of requests keep their numbers", () => {
    const writer = message()
      .heartbeat(1, 2, { first: 5, last: 4, count: 1, final: true })
      .gap(1, 2, 10, 20)
      .ackNack(1, 2, 100, [100, 131, 132, 355], 1, false)
      .nackFragments(1, 2, 7, [3, 4, 258], 1);
    expect(read(writer)).toMatchObject([
      { kind: "heartbeat", first: 5, last: 4, final: true },
      { kind: "gap", start: 10, before: 20, further: [] },
      { kind: "ack", base: 100, missing: [100, 131, 132, 355], final: false },
      { kind: "nack-fragments", sequence: 7, missing: [3, 4, 258] },
    ]);
  });

  test("what is meant for another participant is left out, until the destination changes", () => {
    const beat = { first: 1, last: 1, count: 1, final: true };
    const writer = message().destination(other).heartbeat(1, 2, beat).destination(us).heartbeat(3, 4, beat);
    expect(read(writer)).toMatchObject([{ readerId: 3 }]);
  });
});

describe("what does not follow the specification", () => {
  const beat = { first: 1, last: 3, count: 1, final: true };
  const broken = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(message().heartbeat(1, 2, beat).bytes());
    change(bytes);
    return () => readMessage(bytes, us);
  };

  test("is refused as a whole, before any part of it has acted", () => {
    expect(broken((b) => b.writeUInt16LE(4000, 22))).toThrow("overruns");
    expect(broken((b) => b.writeInt32LE(-1, 32))).toThrow("sequence number");
    expect(broken((b) => b.writeUInt32LE(0, 36))).toThrow("heartbeat from 0");
  });

  test("a set of more than 256 numbers is refused", () => {
    const bytes = Buffer.from(message().ackNack(1, 2, 1, [1], 1, true).bytes());
    bytes.writeUInt32LE(257, 20 + 4 + 16);
    expect(() => readMessage(bytes, us)).toThrow("set of 257");
  });

  test("a packet of another protocol, of another major version, or of our own is nobody's business", () => {
    const bytes = Buffer.from(message().bytes());
    expect(readMessage(bytes, from)).toBeUndefined();
    bytes[4] = 3;
    expect(readMessage(bytes, us)).toBeUndefined();
    expect(readMessage(Buffer.from("HTTP/1.1 200 OK and more"), us)).toBeUndefined();
  });
});
