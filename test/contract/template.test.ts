import { templateAdapter } from "#adapters/template/index.ts";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { describeAdapterContract, type AdapterHarness } from "./adapter-contract.ts";
import { LinePeer } from "./peers/line-peer.ts";

const timeoutMs = 300;

function binding(device: string, address: string, writable = false): Binding {
  return { point: `${device}/${address}`, device, address, kind: "number", writable, pollMs: 1000 };
}

async function open(): Promise<AdapterHarness> {
  const peer = new LinePeer();
  await peer.comeBack();
  const held: readonly (readonly [string, Value])[] = [
    ["level", 12.5],
    ["pump", true],
    ["name", "P 101"],
    ["speed", 0],
  ];
  for (const [name, value] of held) peer.values.set(`a/${name}`, value);
  peer.values.set("b/level", 3);
  peer.readOnly.add("a/level");
  peer.dead.add("c");
  const good = held.map(([name, value]) => ({ binding: binding("one", name), value }));
  const writable = binding("one", "speed", true);
  const config: AdapterConfig = {
    id: "line",
    link: { host: "127.0.0.1", port: peer.port, timeoutMs },
    devices: [
      { id: "one", options: { station: "a" }, bindings: [...good.map((point) => point.binding), writable] },
      { id: "two", options: { station: "b" }, bindings: [binding("two", "level")] },
      { id: "three", options: { station: "c" }, bindings: [binding("three", "level")] },
    ],
  };
  return {
    config,
    good,
    unknown: binding("one", "nothing"),
    second: [{ binding: binding("two", "level"), value: 3 }],
    dead: [binding("three", "level")],
    writable: {
      binding: writable,
      values: [70, 80],
      writes: () => peer.writes.filter(({ name }) => name === "a/speed").map(({ value }) => value),
      refused: { binding: binding("one", "level", true), value: 1 },
    },
    peer: {
      behave: (how) => peer.behave(how),
      cut: () => peer.cut(),
      leave: () => peer.leave(),
      comeBack: () => peer.comeBack(),
      set: (point, value) => void peer.values.set(`a/${point.address}`, value),
    },
    patienceMs: timeoutMs + 200,
    close: () => peer.leave(),
  };
}

describeAdapterContract({
  module: templateAdapter,
  open,
  badConfigs: (good) => {
    const [one, ...others] = good.devices;
    const withAddress = (address: string) => ({
      ...good,
      devices: [{ ...one!, bindings: [{ ...one!.bindings[0]!, address }] }, ...others],
    });
    return [
      { what: "no host", config: { ...good, link: { port: 1 } }, path: ["link"] },
      { what: "no such port", config: { ...good, link: { host: "127.0.0.1", port: 0 } }, path: ["link", "port"] },
      {
        what: "a station with a space",
        config: { ...good, devices: [{ ...one!, options: { station: "a b" } }] },
        path: ["devices", 0, "options", "station"],
      },
      { what: "a name with a space", config: withAddress("a b"), path: ["devices", 0, "bindings", 0, "address"] },
    ];
  },
  has: { values: "asked", subscribe: false, act: true, browse: false, refusal: true, noticesDeath: true, devices: true },
});
