import { afterEach, expect, test } from "vitest";
import type { DomainParticipant } from "../participant.ts";
import { numbered, numberOf, openOnLoopback, claimDomain, until } from "../testing/domain.ts";
import { liveEnvironment } from "../testing/live-environment.ts";
import { RosGraph } from "./graph.ts";
import { readGraph, writeGraph } from "./graph-message.ts";
import { ServiceClient } from "./service-client.ts";
import { ServiceServer } from "./service-server.ts";
import { readIdentity, splitHeader, withHeader, writeIdentity } from "./service-style.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const opened: DomainParticipant[] = [];

async function open() {
  const participant = await openOnLoopback(domain, env);
  opened.push(participant);
  return participant;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((participant) => participant.close()));
});

const spec = { requestTopic: "rq/addRequest", replyTopic: "rr/addReply", requestType: "Q", replyType: "R" };

test("many calls at once each get their own answer", async () => {
  const a = await open();
  const b = await open();
  new ServiceServer(b, spec, env, async (request) => numbered(numberOf(request) * 2));
  const client = new ServiceClient(a, spec, env);
  await until("available", () => client.isAvailable);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => client.call(numbered(i), 5000)));
  expect(answers.map(numberOf)).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i));
});

test("a call without an answer is rejected in time, and too many waiting calls at once", async () => {
  const a = await open();
  const client = new ServiceClient(a, spec, env, { maxPending: 1 });
  const waiting = client.call(numbered(1), 50);
  await expect(client.call(numbered(2), 50)).rejects.toThrow("waiting already");
  await expect(waiting).rejects.toThrow("no answer on rr/addReply within 50 ms");
});

test("a handler that fails leaves the server standing", async () => {
  const a = await open();
  const b = await open();
  const server = new ServiceServer(b, spec, env, async (request) => {
    if (numberOf(request) === 1) throw new Error("not today");
    return numbered(5);
  });
  const client = new ServiceClient(a, spec, env);
  await until("available", () => client.isAvailable);
  await expect(client.call(numbered(1), 100)).rejects.toThrow("no answer");
  expect(numberOf(await client.call(numbered(2), 5000))).toBe(5);
  expect(server.failed).toBe(1);
});

test("nodes are seen in the graph with their endpoints, and are gone with their participant", async () => {
  const a = await open();
  const b = await open();
  const here = new RosGraph(a, { namespace: "/", name: "gateway", gidBytes: "auto" });
  const there = new RosGraph(b, { namespace: "/arm", name: "driver" });
  const writer = b.createWriter({ topic: "rt/x", type: "T" });
  there.setEndpoints([], [writer.guid]);
  await until("seen", () => here.nodeOf(writer.guid)?.name === "driver" && there.nodes().some(({ name }) => name === "gateway"));
  expect(here.nodes()).toMatchObject([{ namespace: "/arm", name: "driver", writers: [writer.guid], participant: b.prefix }]);
  await b.close();
  await until("gone", () => here.nodes().length === 0);
});

test("a graph message of either size is read, whatever its content", () => {
  const guid = "ab".repeat(16);
  const nodes = [
    { namespace: "/", name: "one", readers: [], writers: [guid] },
    { namespace: "/far", name: "two", readers: [guid, guid], writers: [] },
  ];
  for (const gidBytes of [16, 24] as const) {
    for (const some of [nodes, nodes.slice(0, 1), []]) {
      const message = { participant: guid, nodes: some };
      expect(readGraph(writeGraph(message, gidBytes))).toMatchObject(message);
    }
  }
  expect(() => readGraph(Buffer.from([0, 1, 0, 0, 1, 2, 3]))).toThrow("neither known size");
});

test("both wire styles keep the identity of a call", () => {
  const value = numbered(42, 24);
  const header = { client: 0xfedc_ba98_7654_3210n, sequence: 7n };
  expect(splitHeader(withHeader(value, header))).toEqual({ header, value });
  const identity = { guid: "0c".repeat(16), sequence: 2 ** 33 + 1 };
  expect(readIdentity(writeIdentity(identity))).toEqual(identity);
});
