import { Controller } from "./controller.ts";
import { clamp, firstOrder, Wander } from "./first-order.ts";
import { solveLine } from "./hydraulics.ts";
import { Pump } from "./pump.ts";
import { seededRandom } from "./random.ts";
import { Tank } from "./tank.ts";
import { Valve } from "./valve.ts";

/** Litres per minute in one m³/s. */
export const lpm = 60_000;
/** Pascal in one metre of water. */
export const pascalPerMetre = 9810;
/** Height of the inlet of t-2 above the outlet of t-1, in metres. */
const lift = 15;
/** Friction of each section, metres per (m³/s)². */
const sectionResistance = 8e4;

/** Cubic metres that crossed the boundary of the model since it was built: what the mass balance is checked with. */
export interface WaterTotals {
  supplied: number;
  consumed: number;
  leaked: number;
  drained: number;
  overflowed: number;
}

/** t-1 → p-1 → v-101 → meter → section 1 → p-2 (booster) → section 2 with the leak → meter → v-102 → t-2 → consumers. */
export class Pipeline {
  readonly t1 = new Tank("t-1", 5, 4, 2.5);
  readonly t2 = new Tank("t-2", 8, 4, 2);
  readonly p1 = new Pump("p-1", { shutoffHead: 60, innerResistance: 1.5e5 });
  readonly p2 = new Pump("p-2", { shutoffHead: 18, innerResistance: 4e4 });
  readonly v101 = new Valve("v-101", 6);
  readonly v102 = new Valve("v-102", 8);
  /** Pipe flow [l/min] → speed of p-1 [%]. */
  readonly fc101 = new Controller({
    name: "fc-101",
    setpoint: 600,
    gain: 0.03,
    integralSeconds: 3,
    outputLow: 0,
    outputHigh: 100,
    output: 90,
  });
  /** Level of t-1 [m] → supply valve [%]. */
  readonly lc101 = new Controller({
    name: "lc-101",
    setpoint: 2.5,
    gain: 60,
    integralSeconds: 300,
    outputLow: 0,
    outputHigh: 100,
    output: 40,
  });
  /** Level of t-2 [m] → set-point of fc-101 [l/min]; off at the start, so that an operator's set-point stands. */
  readonly lc102 = new Controller({
    name: "lc-102",
    setpoint: 2,
    gain: 200,
    integralSeconds: 600,
    outputLow: 0,
    outputHigh: 1000,
    output: 600,
  });
  /** 0 sound … 1 a large hole. */
  leakOpening = 0;
  /** 1 the water works deliver, 0 they do not. */
  supplyOpening = 1;
  /** Drain cock of t-1, 0 … 1. */
  drainOpening = 0;
  readonly totals: WaterTotals = { supplied: 0, consumed: 0, leaked: 0, drained: 0, overflowed: 0 };
  /** m³/s now. */
  inflow = 0;
  outflow = 0;
  leak = 0;
  supply = 0;
  demand = 0;
  /** Metres of head: before v-101, after v-101, at the end of section 1, at the leak, before v-102. */
  heads = { discharge: 0, inlet: 0, section1: 0, section2: 0, outlet: 0 };
  /** Water temperature at the inlet and outlet meters, °C. */
  inletCelsius = 12;
  outletCelsius = 12;
  readonly #thirst: Wander;

  constructor(seed: number) {
    this.#thirst = new Wander(seededRandom(seed, "pipeline/thirst"), 0.04, 300);
    this.lc102.auto = false;
    this.p1.run = true;
  }

  /** `measuredFlow` and levels come from the instruments: a controller knows no more than its meter tells it. */
  step(seconds: number, measured: { flow: number; level1: number; level2: number }, ambient: number): void {
    this.#control(seconds, measured);
    this.v101.step(seconds);
    this.v102.step(seconds);
    this.p1.stepDrive(seconds);
    this.p2.stepDrive(seconds);
    // The suction mouth of p-1 begins to draw air when t-1 is nearly empty.
    const primed = clamp((this.t1.level - 0.05) / 0.15, 0, 1);
    this.#flow(seconds, primed);
    this.#move(seconds);
    this.#warm(seconds, ambient);
    const head1 = Math.max(0, this.p1.head(primed) - this.p1.shape.innerResistance * this.inflow * this.inflow);
    const head2 = Math.max(0, this.p2.head(primed) - this.p2.shape.innerResistance * this.inflow * this.inflow);
    this.p1.stepMotor(seconds, this.inflow, head1, primed, ambient);
    this.p2.stepMotor(seconds, this.p2.running ? this.inflow : 0, head2, primed, ambient);
  }

  #control(seconds: number, measured: { flow: number; level1: number; level2: number }): void {
    this.lc101.step(seconds, measured.level1);
    this.lc102.step(seconds, measured.level2);
    if (this.lc102.auto) this.fc101.setpoint = this.lc102.output;
    // A controller whose pump stands would wind up; it waits at the drive's own set-point instead.
    if (this.fc101.auto && this.p1.run && !this.p1.tripped) {
      this.fc101.step(seconds, measured.flow);
      this.p1.speedSetpoint = this.fc101.output;
    } else {
      this.fc101.output = this.p1.speedSetpoint;
    }
  }

  #flow(seconds: number, primed: number): void {
    const inner = (this.p1.running ? this.p1.shape.innerResistance : 2e4) + (this.p2.running ? this.p2.shape.innerResistance : 0);
    const inletHead = this.t1.level + this.p1.head(primed) + this.p2.head(primed);
    const upstream = inner + this.v101.resistance + sectionResistance * 1.5;
    const downstream = this.v102.resistance + sectionResistance * 0.5;
    const flow = solveLine({
      inletHead,
      upstreamResistance: upstream,
      downstreamResistance: downstream,
      lift,
      leakConductance: 5e-4 * this.leakOpening,
    });
    // The first step past an open leak never takes more than the tank holds.
    const most = this.t1.volume / seconds;
    const share = flow.inflow > most ? most / flow.inflow : 1;
    this.inflow = flow.inflow * share;
    this.outflow = flow.outflow * share;
    this.leak = flow.leak * share;
    const square = this.inflow * this.inflow;
    const pressing = this.inflow > 0 || this.p1.running;
    const discharge = pressing
      ? this.t1.level + this.p1.head(primed) - (this.p1.running ? this.p1.shape.innerResistance : 2e4) * square
      : flow.leakHead;
    const boost = Math.max(0, this.p2.head(primed) - (this.p2.running ? this.p2.shape.innerResistance : 0) * square);
    const section1 = flow.leakHead + sectionResistance * 0.5 * square - boost;
    const outlet = flow.leakHead - sectionResistance * 0.5 * this.outflow * this.outflow;
    const next = { discharge, inlet: section1 + sectionResistance * square, section1, section2: flow.leakHead, outlet };
    for (const place of ["discharge", "inlet", "section1", "section2", "outlet"] as const) {
      this.heads[place] = firstOrder(this.heads[place], next[place], seconds, 0.4);
    }
  }

  #move(seconds: number): void {
    this.#thirst.step(seconds);
    this.supply = ((1500 / lpm) * this.supplyOpening * this.lc101.output) / 100;
    this.demand = (600 / lpm) * (1 + this.#thirst.value) * Math.sqrt(this.t2.level / 2);
    const drain = (3000 / lpm) * this.drainOpening * Math.sqrt(this.t1.level / 2.5);
    const pumped = this.inflow * seconds;
    const drawn = this.t1.exchange(this.supply * seconds, pumped);
    const drained = this.t1.exchange(0, drain * seconds);
    const delivered = this.t2.exchange(this.outflow * seconds, this.demand * seconds);
    this.totals.supplied += this.supply * seconds;
    this.totals.drained += drained.drawn;
    this.totals.leaked += this.leak * seconds;
    this.totals.consumed += delivered.drawn;
    this.totals.overflowed += drawn.overflow + delivered.overflow;
  }

  #warm(seconds: number, ambient: number): void {
    const source = 11 + 0.05 * ambient;
    const heat = this.p1.powerKw * 0.38;
    const warmed = this.inflow > 1e-5 ? clamp(heat / (4186 * this.inflow), 0, 25) : 0;
    // A standing pipe takes the temperature of the ground and air around it over an hour or so.
    const renewal = 0.4 / Math.max(this.inflow, 1e-7);
    this.inletCelsius = firstOrder(this.inletCelsius, source + warmed, seconds, renewal);
    this.inletCelsius = firstOrder(this.inletCelsius, ambient, seconds, 6000);
    this.outletCelsius = firstOrder(this.outletCelsius, this.inletCelsius, seconds, 3 * renewal);
    this.outletCelsius = firstOrder(this.outletCelsius, ambient, seconds, 4000);
  }
}
