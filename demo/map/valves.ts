import { handedOverPoint, type ModbusDeviceMap, type ModbusPoint } from "./modbus-map.ts";

const valveStates = ["closed", "opening", "open", "closing", "between"] as const;

/** Two valve controllers of the same make: one template, two units. */
export const valveMaps: readonly ModbusDeviceMap[] = [
  {
    device: "v-101",
    unitId: 11,
    title: "Inlet valve controller",
    area: "north-field",
    product: "VC-3 valve controller",
    points: valvePoints("v-101"),
  },
  {
    device: "v-102",
    unitId: 12,
    title: "Outlet valve controller",
    area: "south-field",
    product: "VC-3 valve controller",
    points: valvePoints("v-102"),
  },
];

function valvePoints(valve: string): ModbusPoint[] {
  return [
    handedOverPoint(valve),
    {
      point: `${valve}/position`,
      title: "Stem position, 100 is open",
      table: "input",
      address: 2,
      type: "u16",
      scale: 0.1,
      unit: "%",
      range: [0, 100],
    },
    { point: `${valve}/state`, title: "What it is doing", table: "input", address: 3, type: "u16", states: valveStates },
    {
      point: `${valve}/torque`,
      title: "Torque on the stem",
      table: "input",
      address: 4,
      type: "s16",
      scale: 0.1,
      unit: "N.m",
      range: [0, 200],
    },
    { point: `${valve}/strokes`, title: "Full strokes travelled", table: "input", address: 5, type: "bcd32" },
    {
      point: `${valve}/command`,
      title: "Position asked for",
      table: "holding",
      address: 0,
      type: "u16",
      scale: 0.1,
      unit: "%",
      range: [0, 100],
      writable: true,
      evidence: `${valve}/position`,
    },
    { point: `${valve}/travel-time`, title: "Full travel time", table: "holding", address: 1, type: "u16", scale: 0.1, unit: "s" },
    { point: `${valve}/open`, title: "Open limit switch", table: "discrete", address: 0, type: "bit" },
    { point: `${valve}/closed`, title: "Closed limit switch", table: "discrete", address: 1, type: "bit" },
    { point: `${valve}/moving`, title: "The motor turns", table: "discrete", address: 2, type: "bit" },
    { point: `${valve}/fault`, title: "It does not reach its command", table: "discrete", address: 3, type: "bit" },
  ];
}
