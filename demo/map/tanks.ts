import type { WordOrder } from "../modbus/value.ts";
import { handedOverPoint, type ModbusDeviceMap, type ModbusPoint } from "./modbus-map.ts";

/** An old gauge: it answers 20 registers at most, and refuses the addresses between its two tanks. */
export const tanksMap: ModbusDeviceMap = {
  device: "tanks",
  unitId: 31,
  title: "Tank gauges with level controllers lc-101 and lc-102",
  area: "south-field",
  product: "TG-77 tank gauge",
  maxReadRegisters: 20,
  holes: [{ table: "input", from: 12, to: 19 }],
  points: [
    handedOverPoint("tanks"),
    {
      point: "t-1/level",
      area: "north-field",
      title: "Level",
      table: "input",
      address: 2,
      type: "s32",
      scale: 0.001,
      unit: "m",
      range: [0, 4],
    },
    { point: "t-1/volume", area: "north-field", title: "Volume", table: "input", address: 4, type: "f64", unit: "m3", range: [0, 20] },
    ...limits("t-1", "north-field", 8),
    { point: "t-2/level", title: "Level", table: "input", address: 20, type: "bcd16", scale: 0.001, unit: "m", range: [0, 4] },
    {
      point: "t-2/volume",
      title: "Volume",
      table: "input",
      address: 21,
      type: "s64",
      order: "cdab",
      scale: 0.001,
      unit: "m3",
      range: [0, 32],
    },
    ...limits("t-2", "south-field", 25),
    ...controllerPoints("lc-101", 0, { address: 2, order: "badc" }, "north-field", "t-1"),
    ...controllerPoints("lc-102", 3, { address: 4, order: "dcba" }, "south-field", "t-2"),
    {
      point: "lc-101/output",
      area: "north-field",
      title: "Supply valve",
      table: "input",
      address: 26,
      type: "u16",
      scale: 0.1,
      unit: "%",
      range: [0, 100],
    },
    {
      point: "lc-102/output",
      title: "Set-point it gives fc-101",
      table: "input",
      address: 27,
      type: "u16",
      scale: 0.1,
      unit: "L/min",
      range: [0, 1000],
    },
  ],
};

function limits(tank: string, area: string, address: number): ModbusPoint[] {
  return [
    { point: `${tank}/high`, title: "Above 90 %", table: "input", address, type: "bit", area, bit: 0 },
    { point: `${tank}/low`, title: "Below 10 %", table: "input", address, type: "bit", area, bit: 1 },
  ];
}

/** The two switches share holding register 0, so that changing one asks for FC 22 or a careful reader. */
function controllerPoints(
  name: string,
  bit: number,
  lies: { address: number; order: WordOrder },
  area: string,
  tank: string,
): ModbusPoint[] {
  const auto: ModbusPoint = {
    point: `${name}/auto`,
    title: "Level controller in automatic",
    table: "holding",
    address: 0,
    type: "bit",
    area,
    bit,
    writable: true,
  };
  const title = "Level set-point";
  const setpoint: ModbusPoint = {
    point: `${name}/setpoint`,
    title,
    table: "holding",
    ...lies,
    type: "f32",
    area,
    unit: "m",
    range: [0, 4],
    writable: true,
    evidence: `${tank}/level`,
  };
  return [auto, setpoint];
}
