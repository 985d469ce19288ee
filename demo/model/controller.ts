import { clamp } from "./first-order.ts";

export interface ControllerShape {
  name: string;
  setpoint: number;
  gain: number;
  integralSeconds: number;
  outputLow: number;
  outputHigh: number;
  output: number;
}

/** A PI controller that can be switched to manual and comes back without a bump. */
export class Controller {
  readonly shape: ControllerShape;
  auto = true;
  setpoint: number;
  /** What it drives; in manual it stays where it was put. */
  output: number;
  #integral: number;

  constructor(shape: ControllerShape) {
    this.shape = shape;
    this.setpoint = shape.setpoint;
    this.output = shape.output;
    this.#integral = shape.output;
  }

  step(seconds: number, measured: number): void {
    const { gain, integralSeconds, outputLow, outputHigh } = this.shape;
    const error = this.setpoint - measured;
    if (!this.auto) {
      // Tracking the output in manual is what makes the change back to automatic bumpless.
      this.#integral = this.output - gain * error;
      return;
    }
    // Clamping the integral between the limits of the output keeps a blocked loop from winding up.
    this.#integral = clamp(this.#integral + (gain * error * seconds) / integralSeconds, outputLow, outputHigh);
    this.output = clamp(this.#integral + gain * error, outputLow, outputHigh);
  }
}
