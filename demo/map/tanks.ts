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
    { point: "t-1/level", title: "Level", table: "input", address: 2, type: "s32", scale: 0.001, unit: "m", range: [0, 4] },
    { point: "t-1/volume", title: "Volume", table: "input", address: 4, type: "f64", unit: "m3", range: [0, 20] },
    ...limits("t-1", 8),
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
    ...limits("t-2", 25),
    ...controllerPoints("lc-101", 0, 1, [0, 4], "m", "t-1/level"),
    ...controllerPoints("lc-102", 3, 2, [0, 4], "m", "t-2/level"),
    { point: "lc-101/output", title: "Supply valve", table: "input", address: 26, type: "u16", scale: 0.1, unit: "%", range: [0, 100] },
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

function limits(tank: string, address: number): ModbusPoint[] {
  return [
    { point: `${tank}/high`, title: "Above 90 %", table: "input", address, type: "bit", bit: 0 },
    { point: `${tank}/low`, title: "Below 10 %", table: "input", address, type: "bit", bit: 1 },
  ];
}

/** The two switches share holding register 0, so that changing one asks for FC 22 or a careful reader. */
function controllerPoints(
  name: string,
  bit: number,
  address: number,
  range: readonly [number, number],
  unit: string,
  evidence: string,
): ModbusPoint[] {
  return [
    { point: `${name}/auto`, title: "Level controller in automatic", table: "holding", address: 0, type: "bit", bit, writable: true },
    {
      point: `${name}/setpoint`,
      title: "Level set-point",
      table: "holding",
      address: 2 * address,
      type: "f32",
      order: address === 1 ? "badc" : "dcba",
      unit,
      range,
      writable: true,
      evidence,
    },
  ];
}
