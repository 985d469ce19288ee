import type { AirHandler } from "./air-handler.ts";
import { lpm, pascalPerMetre, type Pipeline } from "./pipeline.ts";
import { seededRandom } from "./random.ts";
import { Sensor, type SensorShape } from "./sensor.ts";
import type { Weather } from "./weather.ts";

/** Every instrument of the site by the name of the point it shows. */
export function siteInstruments(seed: number, pipeline: Pipeline, airHandler: AirHandler, weather: Weather): Map<string, Sensor> {
  const shapes = [...pipelineInstruments(pipeline), ...fieldInstruments(pipeline, weather), ...zoneInstruments(airHandler)];
  return new Map(shapes.map((shape) => [shape.name, new Sensor(shape, seededRandom(seed, shape.name))]));
}

function pipelineInstruments(pipeline: Pipeline): SensorShape[] {
  const { heads } = pipeline;
  const kpa = pascalPerMetre / 1000;
  return [
    { name: "pipe/flow", truth: () => pipeline.inflow * lpm, lagSeconds: 0.6, noise: 1.2, cutOff: 4, range: [0, 1500] },
    { name: "pipe/pressure", truth: () => heads.inlet * pascalPerMetre, lagSeconds: 0.3, noise: 350, range: [-20_000, 1_000_000] },
    { name: "pipe/temperature", truth: () => pipeline.inletCelsius, lagSeconds: 12, noise: 0.02, range: [-20, 120] },
    { name: "outlet/flow", truth: () => pipeline.outflow * lpm, lagSeconds: 0.6, noise: 1.2, cutOff: 4, range: [0, 1500] },
    { name: "outlet/pressure", truth: () => heads.outlet * kpa, lagSeconds: 0.3, noise: 0.35, range: [-20, 1000] },
    { name: "outlet/temperature", truth: () => pipeline.outletCelsius, lagSeconds: 12, noise: 0.02, range: [-20, 120] },
    { name: "section-1/pressure", truth: () => heads.section1 * kpa, lagSeconds: 0.3, noise: 0.4, range: [-20, 1000] },
    { name: "section-2/pressure", truth: () => heads.section2 * kpa, lagSeconds: 0.3, noise: 0.4, range: [-20, 1000] },
    { name: "p-1/discharge-pressure", truth: () => heads.discharge * kpa, lagSeconds: 0.3, noise: 0.5, range: [-20, 1000] },
    { name: "p-1/motor-temperature", truth: () => pipeline.p1.motorCelsius, lagSeconds: 5, noise: 0.1, range: [-20, 200] },
    { name: "p-2/motor-temperature", truth: () => pipeline.p2.motorCelsius, lagSeconds: 5, noise: 0.1, range: [-20, 200] },
    { name: "t-1/level", truth: () => pipeline.t1.level, lagSeconds: 1.5, noise: 0.002, range: [0, 4] },
    { name: "t-2/level", truth: () => pipeline.t2.level, lagSeconds: 1.5, noise: 0.002, range: [0, 4] },
  ];
}

function fieldInstruments(pipeline: Pipeline, weather: Weather): SensorShape[] {
  // Water forced through a hole hisses; the ear of the section that leaks hears it first.
  const hiss = (leak: number): number => 32 + 14 * Math.log10(1 + leak * lpm);
  const shapes: SensorShape[] = [
    { name: "ear-01/noise", truth: () => hiss(pipeline.leak * 0.02), lagSeconds: 1, noise: 0.6 },
    { name: "ear-02/noise", truth: () => hiss(pipeline.leak), lagSeconds: 1, noise: 0.6 },
  ];
  for (const [name, offset] of [
    ["env-01", 0],
    ["env-02", 0.6],
  ] as const) {
    shapes.push(
      { name: `${name}/temperature`, truth: () => weather.celsius + offset, lagSeconds: 40, noise: 0.05, range: [-40, 60] },
      { name: `${name}/humidity`, truth: () => weather.humidityPercent - offset, lagSeconds: 60, noise: 0.3, range: [0, 100] },
      { name: `${name}/wind-speed`, truth: () => weather.windMetresPerSecond, lagSeconds: 2, noise: 0.15, range: [0, 60] },
    );
  }
  return shapes;
}

function zoneInstruments(airHandler: AirHandler): SensorShape[] {
  const shapes: SensorShape[] = [
    { name: "ahu-1/supply-temperature", truth: () => airHandler.supplyCelsius, lagSeconds: 8, noise: 0.05 },
    { name: "ahu-1/return-temperature", truth: () => airHandler.returnCelsius, lagSeconds: 8, noise: 0.05 },
    { name: "ahu-1/duct-pressure", truth: () => airHandler.ductPressure, lagSeconds: 1, noise: 1.5 },
  ];
  for (const zone of airHandler.zones) {
    const { name } = zone.shape;
    shapes.push(
      { name: `${name}/temperature`, truth: () => zone.celsius, lagSeconds: 30, noise: 0.03, range: [-10, 60] },
      { name: `${name}/humidity`, truth: () => zone.humidityPercent, lagSeconds: 45, noise: 0.3, range: [0, 100] },
      { name: `${name}/co2`, truth: () => zone.co2Ppm, lagSeconds: 30, noise: 4, range: [0, 5000] },
    );
  }
  return shapes;
}
