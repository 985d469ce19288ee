// The devices of a long run of changes, in a process of their own, so that the memory of the one that listens is its own.
import { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import { udpDrops } from "#adapters/bacnet/link/udp-drops.ts";

export const deviceCount = 20;
export const objectCount = 50;

/** What the devices have done so far. */
export interface DevicesReport {
  readonly changes: number;
  readonly notifications: number;
  /** Confirmed notifications that nobody acknowledged however often they were sent. */
  readonly unacknowledged: number;
  readonly drops: number;
  readonly rss: number;
}

export type DevicesQuestion = { readonly ask: "start"; readonly perSecond: number } | { readonly ask: "report" } | { readonly ask: "stop" };

const tickMs = 10;

/** Each object counts up by one with each change, so that whoever listens can tell which change it did not hear of. */
export async function beTheDevices(): Promise<void> {
  const peers: BacnetPeer[] = [];
  for (let i = 0; i < deviceCount; i++) {
    const peer = await BacnetPeer.start({ instance: 1_000 + i, name: `device ${i}` }, `127.0.0.${2 + i}`);
    for (let j = 1; j <= objectCount; j++) peer.add(`analog-input:${j}`, 0);
    peers.push(peer);
  }
  let turns = 0;
  let timer: NodeJS.Timeout | undefined;
  const turn = () => {
    const peer = peers[turns % deviceCount]!;
    const value = 1 + Math.floor(turns / deviceCount);
    for (let j = 1; j <= objectCount; j++) peer.values.set(`analog-input:${j}`, value);
    peer.device.cov.look();
    turns++;
  };
  const start = (perSecond: number) => {
    const started = performance.now();
    const before = turns;
    timer = setInterval(() => {
      const due = before + Math.floor((((performance.now() - started) / 1000) * perSecond) / objectCount);
      while (turns < due) turn();
    }, tickMs);
  };
  process.on("message", (question: DevicesQuestion) => {
    if (question.ask === "start") start(question.perSecond);
    if (question.ask === "stop") clearInterval(timer);
    process.send!(report(peers, turns * objectCount));
  });
  // Whoever asked is gone: nobody needs the devices any more.
  process.on("disconnect", () => process.exit());
  process.send!(peers.map((peer) => peer.address));
}

function report(peers: readonly BacnetPeer[], changes: number): DevicesReport {
  const sum = (of: (peer: BacnetPeer) => number) => peers.reduce((total, peer) => total + of(peer), 0);
  return {
    changes,
    notifications: sum((peer) => peer.device.cov.notifications),
    unacknowledged: sum((peer) => peer.device.cov.unacknowledged),
    drops: sum((peer) => udpDrops(peer.address)),
    rss: process.memoryUsage.rss(),
  };
}

if (process.argv[2] === "devices") await beTheDevices();
