import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "@foxglove/rosmsg";
import { MessageReader, MessageWriter } from "@foxglove/rosmsg2-serialization";
import { compileDecoder } from "./decoder.ts";
import { compileEncoder } from "./encoder.ts";
import { idlText } from "./idl-text.ts";
import { loadFolder, standardTypes } from "./load.ts";
import { actionNames, ddsServiceNames, ddsTopicName, ddsTypeName, rosName, rosTypeName } from "./names.ts";
import { TypeRegistry } from "./registry.ts";
import { schemaText } from "./schema-text.ts";
import type { Draft } from "./value.ts";
import { serviceHash, typeHash } from "./type-hash.ts";

const types = standardTypes();
loadFolder(types, new URL("../../../msgs/plainview_msgs", import.meta.url).pathname);

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

test("the hashes of standard types are those that released ROS 2 announces", () => {
  const known = {
    "std_msgs/msg/String": "df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18",
    "std_msgs/msg/Header": "f49fb3ae2cf070f793645ff749683ac6b06203e41c891e17701b1cb597ce6a01",
    "geometry_msgs/msg/Twist": "9c45bf16fe0983d80e3cfe750d6835843d265a9a6c46bd2e609fcddde6fb8d2a",
    "sensor_msgs/msg/PointCloud2": "9198cabf7da3796ae6fe19c4cb3bdd3525492988c70522628af5daa124bae2b5",
    "rcl_interfaces/msg/ParameterEvent": "043e627780fcad87a22d225bc2a037361dba713fca6a6b9f4b869a5aa0393204",
    "rcl_interfaces/msg/Log": "e28ce254ca8abc06abf92773b74602cdbf116ed34fbaf294fb9f81da9f318eac",
  };
  for (const [name, hash] of Object.entries(known)) expect(typeHash(types, name), name).toBe(`RIHS01_${hash}`);
  expect(serviceHash(types, "rcl_interfaces/srv/GetParameters")).toBe(
    "RIHS01_bf9803d5c74cf989a5de3e0c2e99444599a627c7ff75f97b8c05b01003675cbc",
  );
});

test("every standard type can be hashed, written, read and declared", () => {
  expect(types.messages().length).toBeGreaterThan(140);
  for (const name of types.messages()) {
    expect(typeHash(types, name)).toMatch(/^RIHS01_[0-9a-f]{64}$/);
    const bytes = compileEncoder(types, name)({});
    expect(compileEncoder(types, name)(compileDecoder(types, name)(bytes)), name).toEqual(bytes);
    expect(idlText(types, [name])).toContain(`struct ${name.split("/").at(-1)}_`);
  }
  for (const service of types.services()) expect(serviceHash(types, service)).toMatch(/^RIHS01_/);
});

test("an independent implementation reads what we write and writes what we read", () => {
  const drafts: Record<string, Draft> = {
    "nav_msgs/msg/Odometry": {
      header: { stamp: { sec: 5, nanosec: 6 }, frame_id: "odom" },
      pose: { pose: { position: { x: 1.5 } }, covariance: Array.from({ length: 36 }, (_, i) => i) },
    },
    "sensor_msgs/msg/JointState": { name: ["a", "bcd", ""], position: [1, 2, 3], effort: [0.5] },
    "diagnostic_msgs/msg/DiagnosticArray": {
      status: [
        {
          level: 2,
          name: "pump",
          values: [
            { key: "k", value: "v" },
            { key: "", value: "u" },
          ],
        },
      ],
    },
    "plainview_msgs/msg/Telemetry": { device_id: "roustabout-01", battery: 50, sensor_readings: [1, -2, 3] },
    "sensor_msgs/msg/PointCloud2": { height: 1, width: 3, data: [1, 2, 3], is_dense: true },
  };
  for (const [name, draft] of Object.entries(drafts)) {
    const definitions = parse(schemaText(types, name), { ros2: true });
    const bytes = compileEncoder(types, name)(draft);
    const theirs = new MessageReader(definitions).readMessage(bytes);
    expect(Buffer.from(new MessageWriter(definitions).writeMessage(theirs)), name).toEqual(Buffer.from(bytes));
    expect(compileDecoder(types, name)(new MessageWriter(definitions).writeMessage(theirs))).toEqual(compileDecoder(types, name)(bytes));
  }
});

test("text beyond ASCII keeps its length in bytes", () => {
  const bytes = compileEncoder(types, "std_msgs/String")({ data: "Förderpumpe 井" });
  expect(Buffer.from(bytes).readUInt32LE(4)).toBe(Buffer.byteLength("Förderpumpe 井") + 1);
  expect(compileDecoder(types, "std_msgs/String")(bytes)).toEqual({ data: "Förderpumpe 井" });
});

test("a message of the other byte order reads the same", () => {
  const registry = new TypeRegistry();
  registry.add("p", "msg", "M", "uint16 a\nfloat64[] b\nint64 c\n");
  const big = Buffer.alloc(4 + 8 + 16 + 8);
  big.writeUInt16BE(513, 4);
  big.writeUInt32BE(2, 8);
  big.writeDoubleBE(1.5, 12);
  big.writeDoubleBE(-2, 20);
  big.writeBigInt64BE(-7n, 28);
  expect(compileDecoder(registry, "p/M")(big)).toEqual({ a: 513, b: Float64Array.of(1.5, -2), c: -7n });
});

test("a payload that is too short, or claims more than it has, is refused before memory is taken", () => {
  const decode = compileDecoder(types, "sensor_msgs/JointState");
  const bytes = Buffer.from(compileEncoder(types, "sensor_msgs/JointState")({ name: ["a"], position: [1] }));
  for (let length = 0; length < bytes.length - 8; length++) expect(() => decode(bytes.subarray(0, length))).toThrow();
  const endless = Buffer.from(bytes);
  endless.writeUInt32LE(0xffffffff, 4 + 8 + 8);
  expect(() => decode(endless)).toThrow("sequence of 4294967295 elements");
  expect(() => decode(Buffer.from([0, 6, 0, 0, 1, 2, 3, 4]))).toThrow("encapsulation 0x0006");
});

test("a value that does not fit says where and why", () => {
  const encode = compileEncoder(types, "nav_msgs/msg/Odometry");
  expect(() => encode({ pose: { pose: { position: { x: "far" } } } })).toThrow(
    'Odometry.pose.pose.position.x: expected a number, got "far"',
  );
  expect(() => encode({ pose: { covariance: [1] } })).toThrow("expected 36 elements, got 1");
  expect(() => encode({ header: { stamp: { sec: 2 ** 31 } } })).toThrow("outside of int32");
  expect(() => encode({ heading: 1 })).toThrow('has no field "heading"; it has header');
});

test("custom types are read from a folder at run time, .msg, .srv, .action and .idl", () => {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  folders.push(folder);
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put(
    "rig_msgs/msg/Mud.msg",
    "# drilling mud\nstd_msgs/Header header\nfloat32 density 1.2  # kg/l\nstring<=8 name 'wbm'\nuint8 OK=0 # fine\nint32[<=3] last [1, 2]\n",
  );
  put("rig_msgs/srv/Pump.srv", "Mud mud\n---\nbool ok\n");
  put("rig_msgs/action/Drill.action", "float64 depth\n---\nbool done\n---\nfloat64 at\n");
  put(
    "rig_msgs/msg/Bit.idl",
    `// generated\n#include "rig_msgs/msg/Mud.idl"\nmodule rig_msgs { module msg { typedef double double__3[3];\n module Bit_Constants { const uint8 WORN = 2; };
     @verbatim (language="comment", text="the bit (worn)") struct Bit { @unit (value="mm") double wear; double__3 axis; sequence<rig_msgs::msg::Mud> muds; sequence<string, 4> notes; unsigned long long turns; }; }; };`,
  );
  const registry = standardTypes();
  expect(loadFolder(registry, folder)).toBe(4);
  const decode = compileDecoder(registry, "rig_msgs/msg/Mud");
  expect(decode(compileEncoder(registry, "rig_msgs/Mud")({}))).toMatchObject({ name: "wbm", last: Int32Array.of(1, 2) });
  expect(registry.get("rig_msgs/msg/Bit")).toMatchObject({
    fields: [
      { name: "wear" },
      { shape: { kind: "array", length: 3 } },
      { type: "rig_msgs/msg/Mud" },
      { shape: { bound: 4 } },
      { type: "uint64" },
    ],
    constants: [{ name: "WORN", value: 2 }],
  });
  expect(registry.actions()).toContain("rig_msgs/action/Drill");
  expect(typeHash(registry, "rig_msgs/action/Drill_SendGoal_Request")).toMatch(/^RIHS01_/);
  put("rig_msgs/msg/Bad.msg", "float64\n");
  expect(() => loadFolder(registry, folder)).toThrow(/Bad\.msg: rig_msgs\/msg\/Bad, line 1/);
});

test("names go to DDS and back", () => {
  expect(ddsTypeName("std_msgs/String")).toBe("std_msgs::msg::dds_::String_");
  expect(rosTypeName("std_srvs::srv::dds_::SetBool_Request_")).toBe("std_srvs/srv/SetBool_Request");
  expect(rosTypeName("HelloWorld")).toBeUndefined();
  expect(rosName(ddsTopicName("/devices/a/telemetry"))).toEqual({ kind: "topic", name: "/devices/a/telemetry" });
  expect(rosName(ddsServiceNames("/arm").reply)).toEqual({ kind: "reply", name: "/arm" });
  expect(rosName("ros_discovery_info")).toBeUndefined();
  expect(actionNames("drill").feedback).toBe("/drill/_action/feedback");
});

test("a type that is not known says what to do", () => {
  expect(() => types.get("nobody_msgs/Thing")).toThrow("the type nobody_msgs/Thing is not known");
});
