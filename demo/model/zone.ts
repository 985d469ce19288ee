import { clamp, firstOrder } from "./first-order.ts";

export interface ZoneShape {
  name: string;
  /** Joule per kelvin of air and light furniture. */
  capacity: number;
  /** Watt per kelvin to the outside. */
  lossPerKelvin: number;
  /** People at the busiest hour. */
  people: number;
  /** kg/s of air with the damper fully open at design pressure. */
  designFlow: number;
}

/** One room with a VAV box: a damper that cools with supply air and a reheat coil that warms it again. */
export class Zone {
  readonly shape: ZoneShape;
  celsius = 21.5;
  setpoint = 21.5;
  co2Ppm = 600;
  humidityPercent = 45;
  people = 0;
  /** Percent open. */
  damper = 40;
  damperCommand = 40;
  /** Percent. */
  reheat = 0;
  /** kg/s of supply air. */
  airflow = 0;
  /** The box follows its thermostat; off, the damper stays where it is put. */
  auto = true;
  stuck = false;

  constructor(shape: ZoneShape) {
    this.shape = shape;
  }

  /** `pressureShare` is duct pressure over design pressure. */
  step(seconds: number, supplyCelsius: number, pressureShare: number, outsideCelsius: number, hour: number): void {
    this.#control();
    const damper = firstOrder(this.damper, this.damperCommand, seconds, 25);
    if (!this.stuck) this.damper = damper;
    this.airflow = this.shape.designFlow * (this.damper / 100) * Math.sqrt(Math.max(0, pressureShare));
    this.people = hour > 7 && hour < 18 ? Math.round(this.shape.people * Math.sin(((hour - 7) / 11) * Math.PI)) : 0;
    const delivered = supplyCelsius + (this.reheat / 100) * 18;
    const gains = this.people * 95 + (this.people > 0 ? 350 : 60);
    // Loss and supply air are linear in the room temperature, so the step is exact for any length.
    const pull = this.shape.lossPerKelvin + this.airflow * 1006;
    const target = (this.shape.lossPerKelvin * outsideCelsius + this.airflow * 1006 * delivered + gains) / pull;
    this.celsius = firstOrder(this.celsius, target, seconds, this.shape.capacity / pull);
    const fresh = this.airflow * 0.6 + 0.012;
    this.co2Ppm = firstOrder(this.co2Ppm, 420 + (this.people * 8.5) / fresh, seconds, 220 / fresh);
    this.humidityPercent = firstOrder(this.humidityPercent, 38 + this.people * 1.2, seconds, 1800);
  }

  #control(): void {
    if (!this.auto) return;
    const error = this.celsius - this.setpoint;
    this.damperCommand = clamp(30 + error * 55, 20, 100);
    this.reheat = clamp(-error * 70 - 10, 0, 100);
  }
}
