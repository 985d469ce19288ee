import { writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { encodeApdu, type Apdu } from "#adapters/bacnet/wire/apdu.ts";
import { encodeBvlc } from "#adapters/bacnet/wire/bvlc.ts";
import { encodeNpdu } from "#adapters/bacnet/wire/npdu.ts";
import { talkative } from "#test/contract/peers/bacnet-link.ts";
import { bacnetMessages } from "#test/contract/peers/bacnet-messages.ts";
import { Independent } from "#test/contract/peers/independent.ts";

describe("programs of Debian", () => {
  it("tshark reads everything we write, and finds nothing malformed in it", async () => {
    const independent = new Independent();
    onTestFinished(() => independent.close());
    if (!(await independent.has("tshark", "--version"))) return;
    const sent = bacnetMessages();
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
    onTestFinished(() => independent.close());
    if (!(await independent.has("nmap", "--version"))) return;
    const peer = await talkative();
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
