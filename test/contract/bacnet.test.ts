import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { describeAdapterContract, type AdapterContract, type AdapterHarness } from "./adapter-contract.ts";
import { BacnetPeer } from "./peers/bacnet-peer.ts";

const timeoutMs = 100;
const retries = 2;

function binding(device: string, address: string, kind: PointKind = "number", writable = false): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable, pollMs: 1000 };
}

async function open(): Promise<AdapterHarness> {
  const one = await BacnetPeer.start({ instance: 101, name: "ahu" }, "127.0.0.2");
  const two = await BacnetPeer.start({ instance: 102, name: "vav", maxApdu: 480, segmentation: 3 }, "127.0.0.3");
  const peers = [one, two];
  one.add("analog-input:1", 21.5);
  one.add("analog-input:2", 4711);
  one.add("binary-input:1", true);
  one.add("binary-value:2", false);
  one.add("multi-state-input:1", 3, { stateTexts: ["off", "low", "high"] });
  one.add("characterstring-value:1", "Zuluft");
  one.add("integer-value:1", -70_000);
  one.addCommandable("analog-output:1", 50, { limits: { low: 0, high: 100 } });
  two.add("analog-input:1", 18.25);
  const good: { binding: Binding; value: Value }[] = [
    { binding: binding("ahu", "analog-input:1"), value: 21.5 },
    { binding: binding("ahu", "ai:2"), value: 4711 },
    { binding: binding("ahu", "binary-input:1", "boolean"), value: true },
    { binding: binding("ahu", "bv:2", "boolean"), value: false },
    { binding: binding("ahu", "multi-state-input:1", "state"), value: 3 },
    { binding: binding("ahu", "characterstring-value:1", "text"), value: "Zuluft" },
    { binding: binding("ahu", "integer-value:1"), value: -70_000 },
    { binding: binding("ahu", "multi-state-input:1/state-text[2]", "text"), value: "low" },
  ];
  const second = [{ binding: binding("vav", "analog-input:1"), value: 18.25 as Value }];
  const dead = [binding("gone", "analog-input:1"), binding("gone", "binary-output:7", "boolean")];
  const writable = binding("ahu", "analog-output:1", "number", true);
  const device = (id: string, options: object, bindings: readonly Binding[]) => ({ id, options, bindings });
  const config: AdapterConfig = {
    id: "building",
    link: {
      listen: "127.0.0.1:0",
      whoIs: peers.map((peer) => peer.address),
      timeoutMs,
      retries,
      findMs: 300,
      discoverMs: 300,
    },
    devices: [
      device("ahu", { instance: 101, address: one.address }, [...good.map((point) => point.binding), writable]),
      // Found by its instance: nobody says where it is.
      device("vav", { instance: 102 }, [second[0]!.binding]),
      device("gone", { instance: 103, address: "127.0.0.9:47999" }, dead),
    ],
  };
  return {
    config,
    good,
    unknown: binding("ahu", "analog-input:99"),
    second,
    dead,
    writable: {
      binding: writable,
      values: [70, 12.5],
      writes: () => one.writes.map((write) => write.values[0] as Value),
      refused: { binding: writable, value: 1000 },
    },
    peer: {
      behave: (how) => peers.forEach((peer) => peer.behave(how)),
      cut: () => undefined,
      leave: async () => void (await Promise.all(peers.map((peer) => peer.leave()))),
      comeBack: async () => void (await Promise.all(peers.map((peer) => peer.comeBack()))),
      set: (point, value) => one.set(point.address.replace("ai:", "analog-input:"), value),
    },
    patienceMs: timeoutMs * (retries + 1) + 250,
    close: async () => void (await Promise.all(peers.map((peer) => peer.close()))),
  };
}

const badConfigs: AdapterContract["badConfigs"] = (good) => {
  const [one, ...others] = good.devices;
  const withAddress = (address: string, about: Partial<Binding> = {}): AdapterConfig => ({
    ...good,
    devices: [{ ...one!, bindings: [one!.bindings[0]!, { ...one!.bindings[0]!, address, ...about }] }, ...others],
  });
  const withOptions = (options: unknown): AdapterConfig => ({ ...good, devices: [{ ...one!, options }, ...others] });
  const withLink = (link: object): AdapterConfig => ({ ...good, link: { ...(good.link as object), ...link } });
  const address = ["devices", 0, "bindings", 1, "address"];
  return [
    { what: "a port out of range", config: withLink({ listen: "0.0.0.0:70000" }), path: ["link", "listen"] },
    { what: "a BBMD that is no address", config: withLink({ bbmd: "300.1.1.1" }), path: ["link", "bbmd"] },
    { what: "a range that ends before it begins", config: withLink({ discover: "9-3" }), path: ["link", "discover"] },
    { what: "no instance", config: withOptions({}), path: ["devices", 0, "options"] },
    { what: "the instance that stands for any", config: withOptions({ instance: 4_194_303 }), path: ["devices", 0, "options", "instance"] },
    { what: "an instance twice", config: withOptions({ instance: 102 }), path: ["devices", 1, "options", "instance"] },
    { what: "a station on no network", config: withOptions({ instance: 7, mac: "0b" }), path: ["devices", 0, "options", "mac"] },
    {
      what: "a zone nobody lives in",
      config: withOptions({ instance: 7, timeZone: "Mars/Olympus" }),
      path: ["devices", 0, "options", "timeZone"],
    },
    { what: "an object type nobody has", config: withAddress("analog-thing:3"), path: address },
    { what: "a property nobody has", config: withAddress("analog-input:3/warmth"), path: address },
    { what: "an option nobody has", config: withAddress("analog-input:3;colour=red"), path: address },
    { what: "a proprietary object to be written, of unknown type", config: withAddress("200:3", { writable: true }), path: address },
  ];
};

describeAdapterContract({
  module: bacnetAdapter,
  open,
  badConfigs,
  has: { values: "asked", subscribe: true, act: true, browse: true, refusal: false, noticesDeath: false, devices: true },
  besides: {
    "independent peers": { says: "@bacnet-js/client, tshark, nmap", file: "test/integration/bacnet-peers.test.ts" },
    fuzz: { says: "250,000", file: "adapters/bacnet/fuzz.test.ts" },
  },
});
