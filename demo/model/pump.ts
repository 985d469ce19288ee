import { clamp, firstOrder } from "./first-order.ts";

export interface PumpShape {
  /** Metres of head at full speed and no flow. */
  shutoffHead: number;
  /** Metres lost inside per (m³/s)². */
  innerResistance: number;
}

/** The motor protection opens here and stays open until someone resets it. */
const tripCelsius = 95;

/** A centrifugal pump with a speed drive, a motor that warms up and a protection that trips. */
export class Pump {
  readonly name: string;
  readonly shape: PumpShape;
  run = false;
  tripped = false;
  /** Percent of full speed asked of the drive. */
  speedSetpoint = 90;
  /** Percent of full speed turning now. */
  speed = 0;
  motorCelsius = 25;
  powerKw = 0;
  runSeconds = 0;

  constructor(name: string, shape: PumpShape) {
    this.name = name;
    this.shape = shape;
  }

  get running(): boolean {
    return this.speed > 1;
  }

  /** Motor current in ampere of a 400 V three-phase motor. */
  get current(): number {
    return this.running ? 2.1 + (this.powerKw * 1000) / (Math.sqrt(3) * 400 * 0.86) : 0;
  }

  /** Metres of head at no flow; `primed` runs from 0 (suction dry) to 1. */
  head(primed: number): number {
    const share = this.speed / 100;
    return share * share * this.shape.shutoffHead * primed;
  }

  reset(): void {
    this.tripped = false;
  }

  trip(): void {
    this.tripped = true;
  }

  /** The drive ramps 30 % a second and coasts down faster. */
  stepDrive(seconds: number): void {
    const target = this.run && !this.tripped ? clamp(this.speedSetpoint, 0, 100) : 0;
    const reach = (target > this.speed ? 30 : 45) * seconds;
    const wanted = target - this.speed;
    this.speed = Math.abs(wanted) <= reach ? target : this.speed + Math.sign(wanted) * reach;
  }

  /** Power and heat that follow from the flow [m³/s] and head [m] it delivered. */
  stepMotor(seconds: number, flow: number, head: number, primed: number, ambient: number): void {
    const share = this.speed / 100;
    const idle = 1.1 * share * share * share * (0.25 + 0.75 * primed);
    this.powerKw = (1000 * 9.81 * flow * head) / 0.62 / 1000 + idle;
    // The pumped water cools the motor. Against a shut valve its minimum-flow line keeps it alive; dry, nothing does.
    const cooling = clamp(flow / 0.004, 0, 1);
    const losses = 5 * this.powerKw + (40 * primed + 130 * (1 - primed)) * share * (1 - cooling);
    this.motorCelsius = firstOrder(this.motorCelsius, ambient + 8 * share + losses, seconds, cooling > 0.2 ? 240 : 90);
    if (this.running) this.runSeconds += seconds;
    if (this.motorCelsius > tripCelsius) this.trip();
  }
}
