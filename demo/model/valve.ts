/** 0 closed, 1 opening, 2 open, 3 closing, 4 standing in between. */
export type ValveState = 0 | 1 | 2 | 3 | 4;

/** A motor valve: it travels towards its command at a fixed speed and takes seconds to get there. */
export class Valve {
  readonly name: string;
  /** Seconds for a full stroke. */
  readonly travelSeconds: number;
  /** What it was told, in percent open. */
  command = 100;
  /** Where the stem is, in percent open. */
  position = 100;
  /** A jammed stem: the motor pulls and nothing moves. */
  stuck = false;
  /** Full strokes travelled since it was built. */
  strokes = 0;

  constructor(name: string, travelSeconds: number) {
    this.name = name;
    this.travelSeconds = travelSeconds;
  }

  get moving(): boolean {
    return this.position !== this.command && !this.stuck;
  }

  get state(): ValveState {
    if (this.moving) return this.command > this.position ? 1 : 3;
    if (this.position <= 0) return 0;
    return this.position >= 100 ? 2 : 4;
  }

  /** Newton metres on the stem: high while it seats and much higher while it pulls against a jam. */
  get torque(): number {
    if (this.stuck && this.position !== this.command) return 140;
    if (!this.moving) return 4;
    return this.position < 5 ? 48 : 26;
  }

  /** Head loss in metres per (m³/s)². A shut valve still seeps a little through its seat. */
  get resistance(): number {
    const openResistance = 1e4;
    const area = Math.max(this.position / 100, 1e-5);
    return openResistance / (area * area);
  }

  step(seconds: number): void {
    if (!this.moving) return;
    const reach = (100 / this.travelSeconds) * seconds;
    const wanted = this.command - this.position;
    const moved = Math.abs(wanted) <= reach ? wanted : Math.sign(wanted) * reach;
    // Landing on the command exactly keeps "moving" honest in spite of rounding.
    this.position = moved === wanted ? this.command : this.position + moved;
    this.strokes += Math.abs(moved) / 100;
  }
}
