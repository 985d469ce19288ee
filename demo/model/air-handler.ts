import { clamp, firstOrder } from "./first-order.ts";
import { Controller } from "./controller.ts";
import { Zone } from "./zone.ts";

/** Duct pressure the boxes were sized for, Pa. */
const designPressure = 250;

/** An air-handling unit: mixing dampers, a heating and a cooling coil, a fan that holds duct pressure, four VAV zones. */
export class AirHandler {
  readonly zones: readonly Zone[] = [
    new Zone({ name: "zone-1", capacity: 1.6e6, lossPerKelvin: 95, people: 9, designFlow: 0.42 }),
    new Zone({ name: "zone-2", capacity: 2.1e6, lossPerKelvin: 120, people: 12, designFlow: 0.52 }),
    new Zone({ name: "zone-3", capacity: 1.1e6, lossPerKelvin: 60, people: 4, designFlow: 0.28 }),
    new Zone({ name: "zone-4", capacity: 2.8e6, lossPerKelvin: 160, people: 16, designFlow: 0.7 }),
  ];
  run = true;
  /** Percent of full speed. */
  fanSpeed = 60;
  ductPressure = designPressure;
  supplyCelsius = 15;
  returnCelsius = 21.5;
  mixedCelsius = 17;
  /** Percent of outside air. */
  outsideAir = 30;
  /** Percent. */
  heatingValve = 0;
  coolingValve = 0;
  filterPascal = 60;
  frost = false;
  /** Supply temperature → one output: below zero cools, above zero heats. */
  readonly temperatureLoop = new Controller({
    name: "tc-1",
    setpoint: 15,
    gain: 4,
    integralSeconds: 90,
    outputLow: -100,
    outputHigh: 100,
    output: 0,
  });
  readonly pressureLoop = new Controller({
    name: "pc-1",
    setpoint: designPressure,
    gain: 0.05,
    integralSeconds: 20,
    outputLow: 0,
    outputHigh: 100,
    output: 60,
  });

  get airflow(): number {
    return this.zones.reduce((sum, zone) => sum + zone.airflow, 0);
  }

  step(seconds: number, outsideCelsius: number, hour: number): void {
    if (this.run) {
      this.pressureLoop.step(seconds, this.ductPressure);
      this.temperatureLoop.step(seconds, this.supplyCelsius);
    }
    this.fanSpeed = firstOrder(this.fanSpeed, this.run ? this.pressureLoop.output : 0, seconds, 4);
    const share = this.fanSpeed / 100;
    const openness = this.zones.reduce((sum, zone) => sum + (zone.damper / 100) * zone.shape.designFlow, 0);
    // Fan curve against what the open boxes take: more open dampers, less pressure.
    this.ductPressure = firstOrder(this.ductPressure, (900 * share * share) / (1 + 0.45 * openness * openness), seconds, 3);
    this.#coils(seconds, outsideCelsius);
    const pressureShare = this.ductPressure / designPressure;
    for (const zone of this.zones) zone.step(seconds, this.supplyCelsius, pressureShare, outsideCelsius, hour);
    this.#return(seconds);
  }

  #coils(seconds: number, outsideCelsius: number): void {
    const output = this.temperatureLoop.output;
    this.heatingValve = firstOrder(this.heatingValve, this.run ? clamp(output, 0, 100) : 0, seconds, 12);
    this.coolingValve = firstOrder(this.coolingValve, this.run ? clamp(-output, 0, 100) : 0, seconds, 12);
    const outside = this.outsideAir / 100;
    this.mixedCelsius = outside * outsideCelsius + (1 - outside) * this.returnCelsius;
    const after = this.mixedCelsius + 0.2 * this.heatingValve - 0.14 * this.coolingValve + 0.8;
    this.supplyCelsius = firstOrder(
      this.supplyCelsius,
      this.airflow > 0.02 ? after : this.returnCelsius,
      seconds,
      this.airflow > 0.02 ? 20 : 600,
    );
    this.frost = this.mixedCelsius < 3;
    const flow = this.airflow;
    this.filterPascal = firstOrder(this.filterPascal, 45 * flow * flow + 12 * flow, seconds, 5);
  }

  #return(seconds: number): void {
    const flow = this.airflow;
    if (flow < 1e-6) return;
    const mixed = this.zones.reduce((sum, zone) => sum + zone.airflow * zone.celsius, 0) / flow;
    this.returnCelsius = firstOrder(this.returnCelsius, mixed, seconds, 30);
  }
}
