import { clamp } from "./first-order.ts";

/** 0 patrol, 1 hold, 2 goto, 3 returning to the dock, 4 charging. */
export type RobotMode = 0 | 1 | 2 | 3 | 4;

/** Metres east, north and up of the dock of the site. */
export interface Place {
  east: number;
  north: number;
  up: number;
}

export interface RobotShape {
  name: string;
  type: "roustabout" | "rigsight";
  metresPerSecond: number;
  /** Percent of battery for each second of driving. */
  drainPerSecond: number;
  patrol: readonly Place[];
}

export interface RobotCommand {
  command: string;
  args?: { latitude?: number; longitude?: number; altitude?: number };
}

/** The dock of the site: open water, so that nobody's address is on the map. */
const dock = { latitude: 57.5, longitude: 2.25, altitude: 30 };
const metresPerDegree = 111_320;
/** A robot may not be sent further from the dock than this. */
const reachMetres = 2000;

/** A robot on its round. It drives home by itself before the battery is empty. */
export class Robot {
  readonly shape: RobotShape;
  mode: RobotMode = 0;
  battery = 92;
  speed = 0;
  readonly place: Place = { east: 0, north: 0, up: 0 };
  #leg = 0;
  #target: Place;

  constructor(shape: RobotShape) {
    this.shape = shape;
    this.#target = shape.patrol[0] ?? { east: 0, north: 0, up: 0 };
  }

  get latitude(): number {
    return dock.latitude + this.place.north / metresPerDegree;
  }

  get longitude(): number {
    return dock.longitude + this.place.east / (metresPerDegree * Math.cos((dock.latitude * Math.PI) / 180));
  }

  get altitude(): number {
    return dock.altitude + this.place.up;
  }

  /** Motor temperature ×10, wheel current in mA, distance to the dock in cm, mode: as the robot's own board counts them. */
  get sensorReadings(): number[] {
    const away = Math.hypot(this.place.east, this.place.north);
    return [Math.round(250 + this.speed * 80), Math.round(this.speed * 1400), Math.round(away * 100), this.mode];
  }

  /** Answers null when the command is taken and otherwise says why not. */
  obey(order: RobotCommand): string | null {
    if (order.command === "hold") {
      this.mode = 1;
      return null;
    }
    if (order.command === "resume") {
      this.mode = 0;
      this.#aim();
      return null;
    }
    if (order.command !== "goto") return `${this.shape.name} does not know "${order.command}"`;
    const { latitude, longitude, altitude } = order.args ?? {};
    if (latitude === undefined || longitude === undefined) return "goto needs a latitude and a longitude";
    const north = (latitude - dock.latitude) * metresPerDegree;
    const east = (longitude - dock.longitude) * metresPerDegree * Math.cos((dock.latitude * Math.PI) / 180);
    if (!(Math.hypot(east, north) <= reachMetres)) return `that is more than ${reachMetres} m from the dock`;
    this.#target = { east, north, up: altitude === undefined ? this.place.up : clamp(altitude - dock.altitude, 0, 60) };
    this.mode = 2;
    return null;
  }

  step(seconds: number): void {
    if (this.mode === 4) {
      this.speed = 0;
      this.battery = Math.min(100, this.battery + 0.05 * seconds);
      if (this.battery >= 98) this.#patrol();
      return;
    }
    if (this.battery < 20 && this.mode !== 3) {
      this.mode = 3;
      this.#target = { east: 0, north: 0, up: 0 };
    }
    const arrived = this.mode !== 1 && this.#drive(seconds);
    if (this.mode === 1) this.speed = 0;
    const effort = this.speed > 0 ? this.shape.drainPerSecond : this.shape.drainPerSecond * 0.1;
    this.battery = Math.max(0, this.battery - effort * seconds);
    if (arrived) this.#arrive();
  }

  #drive(seconds: number): boolean {
    const east = this.#target.east - this.place.east;
    const north = this.#target.north - this.place.north;
    const up = this.#target.up - this.place.up;
    const distance = Math.hypot(east, north, up);
    const reach = this.battery > 0 ? this.shape.metresPerSecond * seconds : 0;
    const share = distance <= reach ? 1 : reach / distance;
    this.place.east += east * share;
    this.place.north += north * share;
    this.place.up += up * share;
    this.speed = (distance * share) / seconds;
    return distance <= reach;
  }

  #arrive(): void {
    if (this.mode === 2) this.mode = 1;
    else if (this.mode === 3) this.mode = 4;
    else this.#patrol();
  }

  #patrol(): void {
    this.mode = 0;
    this.#leg = (this.#leg + 1) % Math.max(1, this.shape.patrol.length);
    this.#aim();
  }

  #aim(): void {
    this.#target = this.shape.patrol[this.#leg] ?? this.#target;
  }
}

/** The two robots of the site: one on wheels, one that flies. */
export function siteRobots(): readonly Robot[] {
  const ground = (east: number, north: number): Place => ({ east, north, up: 0 });
  const roustabout = new Robot({
    name: "roustabout-01",
    type: "roustabout",
    metresPerSecond: 1.2,
    drainPerSecond: 0.006,
    patrol: [ground(60, 10), ground(120, 40), ground(90, 110), ground(20, 70)],
  });
  const air = (east: number, north: number, up: number): Place => ({ east, north, up });
  const rigsight = new Robot({
    name: "rigsight-01",
    type: "rigsight",
    metresPerSecond: 4,
    drainPerSecond: 0.03,
    patrol: [air(40, 0, 25), air(200, 60, 35), air(150, 180, 30), air(-30, 120, 25)],
  });
  return [roustabout, rigsight];
}
