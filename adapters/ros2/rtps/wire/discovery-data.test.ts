import { expect, test } from "vitest";
import { defaultQos } from "../qos.ts";
import { readEndpointData, writeEndpointData } from "./endpoint-data.ts";
import { readLocator, writeLocator } from "./locator.ts";
import { ParameterList, pids, readParameters } from "./parameter-list.ts";
import { readParticipantData, writeParticipantData } from "./participant-data.ts";

const prefix = "0a".repeat(12);

test("a participant reads what another wrote about itself", () => {
  const data = {
    prefix,
    domain: 7,
    vendor: 0,
    name: "gateway",
    userData: "enclave=/;",
    leaseMs: 12_500,
    builtinEndpoints: 0xc3f,
    discoveryLocators: [{ host: "10.0.0.7", port: 7410 }],
    userLocators: [
      { host: "10.0.0.7", port: 7411 },
      { host: "192.168.1.2", port: 7411 },
    ],
  };
  expect(readParticipantData(writeParticipantData(data))).toEqual(data);
});

test("an endpoint keeps every policy", () => {
  const qos = {
    ...defaultQos,
    durability: "transient-local" as const,
    keep: "all" as const,
    depth: 17,
    deadlineMs: 250,
    lifespanMs: 5000,
    liveliness: "manual-by-topic" as const,
    livelinessLeaseMs: 1500,
    ownership: "exclusive" as const,
    destinationOrder: "source" as const,
    partitions: ["a", "robots/*"],
  };
  const data = { kind: "writer" as const, guid: prefix + "00000103", topic: "rt/x", type: "T", qos, userData: "typehash=1;", locators: [] };
  expect(readEndpointData("writer", writeEndpointData(data))).toEqual(data);
});

test("an endpoint without a guid or a topic is none", () => {
  expect(readEndpointData("reader", new ParameterList().text(pids.topicName, "rt/x").payload())).toBeUndefined();
  expect(readEndpointData("reader", new ParameterList().guid(pids.endpointGuid, prefix + "00000104").payload())).toBeUndefined();
});

test("a policy value that does not exist, and a text longer than its parameter, are malformed", () => {
  const guid = new ParameterList().guid(pids.endpointGuid, prefix + "00000104");
  expect(() => readEndpointData("reader", guid.words(pids.durability, 9).payload())).toThrow("policy value 9");
  expect(() => readEndpointData("reader", new ParameterList().words(pids.topicName, 4_000_000_000).payload())).toThrow("overruns");
});

test("a locator with a port that is none, or of another kind, is left out", () => {
  const good = writeLocator({ host: "10.1.2.3", port: 7411 });
  expect(readLocator(good, true)).toEqual({ host: "10.1.2.3", port: 7411 });
  const port = Buffer.from(good);
  port.writeUInt32LE(0x10000, 4);
  expect(readLocator(port, true)).toBeUndefined();
  const kind = Buffer.from(good);
  kind.writeInt32LE(2, 0);
  expect(readLocator(kind, true)).toBeUndefined();
  expect(readLocator(good.subarray(0, 20), true)).toBeUndefined();
});

test("a list without a sentinel ends with its bytes, one that overruns is malformed", () => {
  const seen: number[] = [];
  readParameters(Buffer.from([0x0f, 0, 4, 0, 1, 0, 0, 0]), true, ({ pid }) => seen.push(pid));
  expect(seen).toEqual([pids.domainId]);
  expect(() => readParameters(Buffer.from([0x0f, 0, 40, 0, 1, 0, 0, 0]), true, () => {})).toThrow("overruns");
});
