import { expect, onTestFinished } from "vitest";
import type { AdapterModule, Binding, Connection } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import type { DeviceOptions, LinkOptions } from "#adapters/bacnet/config.ts";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { BacnetDeviceOptions } from "#adapters/bacnet/server/device.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { BacnetPeer } from "./bacnet-peer.ts";

const module: AdapterModule = bacnetAdapter;

export const soon = () => AbortSignal.timeout(10_000);

export function point(address: string, kind: PointKind = "number"): Binding {
  return { point: address, device: "d", address, kind, writable: true, pollMs: 1_000 };
}

/** A device of ours, closed when the test is over. */
export async function peerOf(options: Partial<BacnetDeviceOptions> = {}): Promise<BacnetPeer> {
  const peer = await BacnetPeer.start({ instance: 7, name: "one", ...options }, "127.0.0.4");
  onTestFinished(() => peer.close());
  return peer;
}

/** One with a name, texts and an output, for whoever nobody here wrote to look at. */
export async function talkative(): Promise<BacnetPeer> {
  const peer = await BacnetPeer.start({ instance: 4242, name: "Lüftung", description: "of ours", vendorName: "Plainview" }, "127.0.0.6");
  onTestFinished(() => peer.close());
  peer.add("analog-input:1", 21.5, { units: 62, covIncrement: 0.5 });
  peer.add("multi-state-value:1", 2, { stateTexts: ["off", "on"] });
  peer.addCommandable("analog-output:1", 0);
  return peer;
}

/** A link to it. */
export async function openLink(peer: BacnetPeer, options: Partial<DeviceOptions> = {}, link: LinkOptions = {}): Promise<Connection> {
  const config = {
    id: "l",
    link: { listen: "127.0.0.1:0", timeoutMs: 200, retries: 2, discoverMs: 200, checkS: 1, whoIs: [peer.address], ...link },
    devices: [{ id: "d", options: { instance: 7, address: peer.address, ...options }, bindings: [] }],
  };
  expect(module.check(config)).toEqual([]);
  const connection = await module.create(config, realEnv()).connect(soon());
  onTestFinished(() => connection.close());
  return connection;
}
