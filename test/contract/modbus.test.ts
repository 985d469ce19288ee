import { modbusAdapter } from "#adapters/modbus/index.ts";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { describeAdapterContract, type AdapterContract, type AdapterHarness } from "./adapter-contract.ts";
import { ModbusPeer } from "./peers/modbus-peer.ts";

const timeoutMs = 300;

function binding(device: string, address: string, kind: PointKind = "number", writable = false): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable, pollMs: 1000 };
}

async function open(framing: "tcp" | "rtu"): Promise<AdapterHarness> {
  const peer = await ModbusPeer.start(framing);
  const one = peer.unit(1);
  one.end = 2000;
  one.identity = { 0: "Plainview", 1: "pretended unit", 2: "1.0", 4: "a peer that misbehaves" };
  one.holding.set([17, 4711, 65_535, 0x4248, 0xf5c3, 0x6162, 0x6364, 9], 100);
  one.input[7] = 321;
  one.coils[3] = 1;
  const good: { binding: Binding; value: Value }[] = [
    { binding: binding("one", "holding:100"), value: 17 },
    { binding: binding("one", "holding:101"), value: 4711 },
    { binding: binding("one", "holding:102:s16"), value: -1 },
    { binding: binding("one", "holding:103:f32"), value: Math.fround(50.24) },
    { binding: binding("one", "holding:105:string:4", "text"), value: "abcd" },
    { binding: binding("one", "input:7"), value: 321 },
    { binding: binding("one", "coil:3", "boolean"), value: true },
    { binding: binding("one", "holding:107.1", "boolean"), value: false },
  ];
  peer.unit(2).holding[50] = 222;
  const second = [{ binding: binding("two", "holding:50"), value: 222 as Value }];
  peer.dead.add(3);
  const dead = [binding("three", "holding:1"), binding("three", "holding:500"), binding("three", "coil:1", "boolean")];
  const writable = binding("one", "holding:300:u32", "number", true);
  const refused = binding("one", "holding:3000", "number", true);
  const device = (id: string, unit: number, bindings: readonly Binding[]) => ({ id, options: { unit }, bindings });
  const config: AdapterConfig = {
    id: "field",
    link: { transport: framing === "tcp" ? "tcp" : "rtu-over-tcp", host: "127.0.0.1", port: peer.port, timeoutMs, scanUnits: "1-3" },
    devices: [
      device("one", 1, [...good.map((point) => point.binding), writable]),
      device("two", 2, [second[0]!.binding]),
      device("three", 3, dead),
    ],
  };
  return {
    config,
    good,
    unknown: binding("one", "holding:2500"),
    second,
    dead,
    writable: {
      binding: writable,
      values: [70_000, 4_000_000_000],
      writes: () => one.heard.filter((pdu) => pdu[0] === 16).map((pdu) => pdu.readUInt32BE(6)),
      refused: { binding: refused, value: 1 },
    },
    peer: {
      behave: (how) => peer.behave(how),
      cut: () => peer.cut(),
      leave: () => peer.leave(),
      comeBack: () => peer.comeBack(),
      set: (point, value) => void (one.holding[Number(point.address.split(":")[1])] = Number(value)),
    },
    patienceMs: timeoutMs + 200,
    close: () => peer.close(),
  };
}

const badConfigs: AdapterContract["badConfigs"] = (good) => {
  const [one, ...others] = good.devices;
  const withAddress = (address: string, about: Partial<Binding> = {}): AdapterConfig => ({
    ...good,
    devices: [{ ...one!, bindings: [one!.bindings[0]!, { ...one!.bindings[0]!, address, ...about }] }, ...others],
  });
  const withOptions = (options: unknown): AdapterConfig => ({ ...good, devices: [{ ...one!, options }, ...others] });
  const address = ["devices", 0, "bindings", 1, "address"];
  return [
    { what: "no host", config: { ...good, link: { transport: "tcp" } }, path: ["link", "host"] },
    { what: "port out of range", config: { ...good, link: { host: "127.0.0.1", port: 70_000 } }, path: ["link", "port"] },
    { what: "serial without a port", config: { ...good, link: { transport: "serial" } }, path: ["link", "path"] },
    { what: "unit out of range", config: withOptions({ unit: 300 }), path: ["devices", 0, "options", "unit"] },
    {
      what: "a forbidden stretch nobody can read",
      config: withOptions({ unit: 1, forbidden: ["x"] }),
      path: ["devices", 0, "options", "forbidden", 0],
    },
    {
      what: "an address in a forbidden stretch",
      config: withOptions({ unit: 1, forbidden: ["holding:100-101"] }),
      path: ["devices", 0, "bindings", 0, "address"],
    },
    { what: "a table nobody has", config: withAddress("memory:3"), path: address },
    { what: "an address beyond the end", config: withAddress("holding:65535:f32"), path: address },
    { what: "an unknown type", config: withAddress("holding:3:f16"), path: address },
    { what: "a string as a number", config: withAddress("holding:3:string:4"), path: address },
    { what: "an input to be written", config: withAddress("input:3", { writable: true }), path: address },
  ];
};

const has: AdapterContract["has"] = {
  values: "asked",
  subscribe: false,
  act: true,
  browse: true,
  refusal: true,
  noticesDeath: true,
  devices: true,
};

describeAdapterContract({
  module: modbusAdapter,
  open: () => open("tcp"),
  badConfigs,
  has,
  besides: {
    "independent peers": { says: "libmodbus, pymodbus, modbus-serial, demo plant", file: "adapters/modbus/peers.test.ts" },
    fuzz: { says: "200,000 frames each way", file: "adapters/modbus/fuzz.test.ts" },
  },
});
describeAdapterContract({
  module: { ...modbusAdapter, protocol: "modbus-rtu" },
  open: () => open("rtu"),
  badConfigs,
  has: { ...has, devices: false },
  besides: {
    "independent peers": { says: "libmodbus (serial line), pymodbus (over TCP)", file: "adapters/modbus/peers.test.ts" },
    fuzz: { says: "200,000 frames", file: "adapters/modbus/fuzz.test.ts" },
  },
});
