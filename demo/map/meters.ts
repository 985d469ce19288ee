import { handedOverPoint, type ModbusDeviceMap } from "./modbus-map.ts";

/** The flow computer at the inlet: the meter whose three quantities fill `flow_metrics_1h`. */
export const pipeMap: ModbusDeviceMap = {
  device: "pipe",
  unitId: 1,
  title: "Flow computer at the inlet (fm-101)",
  area: "north-field",
  product: "FM-200 flow computer",
  points: [
    handedOverPoint("pipe"),
    { point: "pipe/flow", title: "Flow", table: "input", address: 2, type: "f32", unit: "L/min", range: [0, 1500] },
    { point: "pipe/pressure", title: "Pressure", table: "input", address: 4, type: "f32", unit: "Pa", range: [-20_000, 1_000_000] },
    { point: "pipe/temperature", title: "Water temperature", table: "input", address: 6, type: "f32", unit: "Cel", range: [-20, 120] },
    { point: "pipe/total", title: "Litres passed", table: "input", address: 8, type: "u64", unit: "L" },
    {
      point: "pipe/model",
      title: "Model on the label",
      table: "holding",
      address: 0,
      type: "string",
      length: 8,
      from: { text: "FM-200 demo" },
    },
  ],
};

/** The flow computer at the outlet, of another make: other orders, scaled integers, a double. */
export const outletMap: ModbusDeviceMap = {
  device: "outlet",
  unitId: 2,
  title: "Flow computer at the outlet (fm-102)",
  area: "south-field",
  product: "AquaCount 9",
  points: [
    handedOverPoint("outlet"),
    { point: "outlet/flow", title: "Flow", table: "input", address: 2, type: "f32", order: "cdab", unit: "L/min", range: [0, 1500] },
    { point: "outlet/pressure", title: "Pressure", table: "input", address: 4, type: "s16", scale: 0.1, unit: "kPa", range: [-20, 1000] },
    {
      point: "outlet/temperature",
      title: "Water temperature",
      table: "input",
      address: 5,
      type: "s16",
      scale: 0.01,
      unit: "Cel",
      range: [-20, 120],
    },
    { point: "outlet/total", title: "Cubic metres passed", table: "input", address: 6, type: "f64", order: "cdab", unit: "m3" },
  ],
};

/** The transmitters along the line and the box that compares the two meters. */
export const lineMap: ModbusDeviceMap = {
  device: "line",
  unitId: 3,
  title: "Line monitor",
  area: "north-field",
  product: "LineGuard 4",
  points: [
    handedOverPoint("line"),
    {
      point: "section-1/pressure",
      title: "Pressure at the end of section 1",
      table: "input",
      address: 2,
      type: "f32",
      order: "badc",
      unit: "kPa",
      range: [-20, 1000],
    },
    {
      point: "section-2/pressure",
      area: "south-field",
      title: "Pressure in section 2",
      table: "input",
      address: 4,
      type: "f32",
      order: "dcba",
      unit: "kPa",
      range: [-20, 1000],
    },
    {
      point: "section-2/imbalance",
      area: "south-field",
      title: "Flow in minus flow out",
      table: "input",
      address: 6,
      type: "s32",
      order: "cdab",
      scale: 0.01,
      unit: "L/min",
      range: [-1500, 1500],
    },
    {
      point: "section-2/leak-suspected",
      area: "south-field",
      title: "The meters disagree for more than five seconds",
      table: "input",
      address: 8,
      type: "bit",
      bit: 3,
    },
  ],
};
