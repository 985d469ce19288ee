import { describe, expect, it } from "vitest";
import type { Binding } from "#src/contract/adapter.ts";
import { tellingOf } from "./command.ts";
import { deviceOf, type DeviceOptions } from "./config.ts";
import { planDevice, planFilters } from "./plan.ts";
import { Router } from "./router.ts";
import { Acknowledgements, acknowledgementOf } from "./acknowledgements.ts";
import { pointsIn } from "./browse.ts";

function bindingOf(device: string, address: string, about: Partial<Binding> = {}): Binding {
  return { point: `${device}/${address}`, device, address, kind: "number", writable: false, pollMs: 0, ...about };
}

function plan(id: string, options: DeviceOptions, addresses: readonly string[], topic?: string) {
  return planDevice(id, deviceOf(options), addresses.map((address) => bindingOf(id, address)), topic === undefined ? {} : { topic }); // prettier-ignore
}

describe("the plan of a device", () => {
  it("gathers points by what has to be listened to", () => {
    const { topics } = plan("zone-1", { statusTopic: "status" }, ["telemetry#a", "telemetry#b", "state#c"], "plant/+/{device}");
    expect(topics.map(({ filter, fields, isStatus }) => [filter, fields.length, isStatus])).toEqual([
      ["plant/+/zone-1/telemetry", 2, false],
      ["plant/+/zone-1/state", 1, false],
      ["plant/+/zone-1/status", 0, true],
    ]);
  });

  it("subscribes to the wider of two filters only, as well as the better of them asks", () => {
    const filters = planFilters([plan("all", { qos: 0 }, ["plant/+/t#x"]), plan("one", { qos: 2 }, ["plant/one/t#x", "other"])]);
    expect(Object.fromEntries(filters)).toEqual({
      "plant/+/t": { filter: "plant/+/t", qos: 2 },
      "plant/one/t": { filter: "plant/+/t", qos: 2 },
      other: { filter: "other", qos: 2 },
    });
  });

  it("finds everybody a message concerns", () => {
    const one = { plan: plan("one", { topic: "plant/one" }, ["t#x", "t#y", "+#z"]) };
    const all = { plan: plan("all", {}, ["plant/+/t#x"]) };
    const router = new Router([one, all]);
    expect(router.of("plant/one/t").map(({ target, topics }) => [target.plan.id, topics.map(({ filter }) => filter)])).toEqual([
      ["one", ["plant/one/t", "plant/one/+"]],
      ["all", ["plant/+/t"]],
    ]);
    expect(router.of("plant/two/t").map(({ target }) => target.plan.id)).toEqual(["all"]);
    expect(router.of("else")).toEqual([]);
    for (let at = 0; at < 12_000; at++) router.of(`plant/${at}/u`);
    expect(router.of("plant/one/t").length).toBe(2);
  });
});

describe("what a device is told", () => {
  function told(options: DeviceOptions, address: string, value: number | boolean | string, about: Partial<Binding> = {}): unknown {
    const binding = bindingOf("lamp", address, { writable: true, ...about });
    const made = planDevice("lamp", deviceOf(options), [binding], {});
    const { topic, payload, qos, retain } = tellingOf(made, made.fields.get(binding.point)!, { do: "set", binding, value, priority: 8 });
    return [topic, payload, qos, retain];
  }

  it("is JSON at the path it is read from, unless its address says otherwise", () => {
    expect(told({ topic: "p/lamp", commandTopic: "set" }, "state#a.b", 3)).toEqual(["p/lamp/set", '{"a":{"b":3}}', 1, false]);
    expect(told({}, "s#x > c#list[1].y", 3)).toEqual(["c", '{"list":[null,{"y":3}]}', 1, false]);
    expect(told({ commandTopic: "set" }, "s#x", "9007199254740993")).toEqual(["set", '{"x":9007199254740993}', 1, false]);
    expect(told({ commandTopic: "set" }, "s#x", "007", { kind: "text" })).toEqual(["set", '{"x":"007"}', 1, false]);
  });

  it("is plain text without a path, in the device's own words", () => {
    expect(told({ on: "ON", off: "OFF", commandQos: 0 }, "stat/{device}/POWER > cmnd/{device}/POWER", true)).toEqual(["cmnd/lamp/POWER", "ON", 0, false]); // prettier-ignore
    expect(told({ commandTopic: "c", commandRetain: true }, "s", 2.5)).toEqual(["c", "2.5", 1, true]);
  });

  it("follows a template, where the device has one", () => {
    const commandPayload = '{"method":"set","params":{"v":{value}},"say":"{text}"}';
    expect(told({ commandTopic: "c", commandPayload }, "s#v", true, { kind: "boolean" })).toEqual(["c", '{"method":"set","params":{"v":true},"say":"true"}', 1, false]); // prettier-ignore
  });

  it("cannot break out of a template", () => {
    expect(told({ commandTopic: "c", commandPayload: '{"v":{value}}' }, "s#v", '","x":"', { kind: "text" })).toEqual(["c", '{"v":"\\",\\"x\\":\\""}', 1, false]); // prettier-ignore
  });
});

describe("acknowledgements", () => {
  it("go out in the order the messages came, each when it and all before it are stored", () => {
    const sent: number[] = [];
    const acknowledgements = new Acknowledgements((bytes) => sent.push(bytes[3]!));
    const [one, two, three] = [1, 2, 3].map((id) => acknowledgements.expect(acknowledgementOf(1, id)));
    three!(true);
    two!(true);
    expect(sent).toEqual([]);
    one!(true);
    expect(sent).toEqual([1, 2, 3]);
    expect(acknowledgements.open).toBe(0);
  });

  it("are never sent for what was not stored, and once only", () => {
    const sent: number[] = [];
    const acknowledgements = new Acknowledgements((bytes) => sent.push(bytes[3]!));
    const [one, two] = [1, 2].map((id) => acknowledgements.expect(acknowledgementOf(2, id)));
    one!(false);
    one!(true);
    two!(true);
    two!(true);
    expect(sent).toEqual([2]);
    expect(acknowledgements.left).toBe(1);
  });
});

describe("what was heard while looking around", () => {
  const found = (topic: string, payload: string, template?: string) =>
    pointsIn({ topic, payload: Buffer.from(payload) }, { maxMessageBytes: 1000, ...(template && { topic: template }) }).map(
      ({ device, point }) => [device.id, device.options["topic"], point?.id, point?.address, point?.kind],
    );

  it("is offered as points of the device its topic names", () => {
    expect(found("plant/hall/zone-1/telemetry", '{"air":{"co2":1},"l":[{"v":true}],"n":null}', "plant/+/{device}")).toEqual([
      ["zone-1", "plant/hall/zone-1", "telemetry/air/co2", "telemetry#air.co2", "number"],
      ["zone-1", "plant/hall/zone-1", "telemetry/l/0/v", "telemetry#l[0].v", "boolean"],
    ]);
    expect(found("stat/lamp/POWER", "ON")).toEqual([["stat/lamp", "stat/lamp", "POWER", "POWER", "boolean"]]);
    expect(found("level", "3.5")).toEqual([["top-level", undefined, "level", "level", "number"]]);
    expect(found("a/b", "")).toEqual([]);
  });
});
