import { stringify } from "yaml";
import { modbusDevices } from "./modbus-devices.ts";
import type { ModbusDeviceMap, ModbusPoint } from "./modbus-map.ts";
import { bacnetAdapter } from "./site-bacnet.ts";
import { mqttAdapter } from "./site-mqtt.ts";
import { ros2Adapter } from "./site-ros2.ts";

/**
 * The site file of the demo, made from the same tables as the devices. What stands only here is what a controls engineer
 * decides: which point proves a command and how soon, interlocks, alarms, rates.
 */
export function demoSiteFile(): string {
  return `${head}\n${stringify(site(), { lineWidth: 140, flowCollectionPadding: true })}`;
}

const head = `# The demo plant's site file, made from demo/map (node demo/map/write-site-file.ts renews it, a test compares).
# Copy it to begin a site of your own; every option is described in src/config/README.md.`;

function site(): Record<string, unknown> {
  return {
    site: { name: "Demo plant", timeZone: "Europe/Berlin" },
    server: { host: "127.0.0.1", port: 4000 },
    // For the demo alone: whoever sits at this machine may command. A site without this line asks everyone to sign in.
    auth: { loopback: "operator" },
    areas: [
      { id: "north-field", title: "North field" },
      { id: "south-field", title: "South field" },
      { id: "hall", title: "Hall" },
    ],
    flowMetrics: { flowRate: "pipe/flow", pressure: "pipe/pressure", temperature: "pipe/temperature" },
    adapters: [modbusAdapter(), mqttAdapter(), bacnetAdapter(), ros2Adapter()],
    valves: ["v-101", "v-102"].map((id) => ({ id, command: `${id}/command`, position: `${id}/position`, open: 100, closed: 0 })),
    alarms: [
      {
        id: "t-1-high",
        point: "t-1/level",
        above: 3.6,
        deadband: 0.1,
        onDelay: "2s",
        priority: "high",
        message: "Tank t-1 is nearly full",
      },
      { id: "t-1-low", point: "t-1/level", below: 0.6, deadband: 0.1, onDelay: "2s", priority: "high", message: "Tank t-1 runs empty" },
      {
        id: "p-1-hot",
        point: "p-1/motor-temperature",
        above: 90,
        deadband: 5,
        onDelay: "1s",
        priority: "critical",
        message: "Motor of p-1 is hot",
      },
      {
        id: "imbalance",
        point: "section-2/imbalance",
        above: 60,
        deadband: 20,
        onDelay: "5s",
        priority: "high",
        message: "More water in than out: a leak?",
      },
    ],
  };
}

function modbusAdapter(): Record<string, unknown> {
  return {
    id: "field",
    protocol: "modbus",
    title: "Field bus of the pipeline",
    host: "127.0.0.1",
    port: "${DEMO_MODBUS_PORT}",
    devices: modbusDevices.map(modbusDevice),
  };
}

function modbusDevice({ device, title, area, unitId, maxReadRegisters, holes, points }: ModbusDeviceMap): Record<string, unknown> {
  return {
    id: device,
    title,
    area,
    unit: unitId,
    inFlight: 4,
    ...(maxReadRegisters && { maxRegisters: maxReadRegisters }),
    ...(holes && { forbidden: holes.map(({ table, from, to }) => `${table}:${from}-${to}`) }),
    poll: "1s",
    points: points.map((point) => modbusPoint(point, area)),
  };
}

function modbusPoint(point: ModbusPoint, area: string): Record<string, unknown> {
  const { range, states, scale } = point;
  return {
    id: point.point,
    title: point.title,
    address: addressOf(point),
    ...kindOf(point),
    ...(point.area && point.area !== area && { area: point.area }),
    ...(point.unit && { unit: point.unit }),
    ...(range && { range: { min: range[0], max: range[1] } }),
    ...(states && { states: Object.fromEntries(states.map((name, value) => [value, name])) }),
    ...(scale && { scale: { gain: scale } }),
    ...(quick.has(point.point) && { poll: "200ms" }),
    ...(point.writable && { control: controlOf(point) }),
  };
}

/** What a person watches while it moves. */
const quick = new Set(["pipe/flow", "v-101/position", "v-101/state", "v-102/position", "v-102/state"]);

function addressOf({ table, address, bit, type, order, length }: ModbusPoint): string {
  const place = `${table}:${address}${bit === undefined ? "" : `.${bit}`}`;
  if (type === "bit" || (type === "u16" && !order)) return place;
  return [place, type, ...(type === "string" ? [String((length ?? 1) * 2)] : []), ...(order ? [order] : [])].join(":");
}

function kindOf({ type, states }: ModbusPoint): Record<string, unknown> {
  if (states) return { kind: "state" };
  if (type === "bit") return { kind: "boolean" };
  return type === "string" ? { kind: "text" } : {};
}

function controlOf({ point, momentary }: ModbusPoint): Record<string, unknown> {
  if (momentary) return { mode: "momentary" };
  const proof = proofs.get(point);
  const interlocks = doors.get(point);
  return { ...(proof && { evidence: proof }), ...(interlocks && { interlocks }) };
}

/** Commands whose effect shows elsewhere; the others show it at the point that was written. */
const proofs = new Map<string, Record<string, unknown>>([
  ["v-101/command", { point: "v-101/position", tolerance: 1, within: "10s" }],
  ["v-102/command", { point: "v-102/position", tolerance: 1, within: "12s" }],
  ["p-1/run", { point: "p-1/running", within: "5s" }],
  ["p-2/run", { point: "p-2/running", within: "5s" }],
]);

const doors = new Map<string, readonly Record<string, unknown>[]>([
  [
    "p-2/run",
    [{ name: "booster-dry", blockedWhen: 'target && !point("p-1/running")', because: "the booster p-2 may only run while p-1 runs" }],
  ],
  ["p-1/run", [{ name: "dry-run", blockedWhen: 'target && point("t-1/low")', because: "tank t-1 is nearly empty and p-1 would run dry" }]],
]);
