/** What a tank really gave and lost in one step, in m³. */
export interface TankStep {
  drawn: number;
  overflow: number;
}

/** An open upright tank. Nothing enters or leaves it without being counted. */
export class Tank {
  readonly name: string;
  /** Square metres. */
  readonly area: number;
  /** Metres to the overflow. */
  readonly height: number;
  /** Cubic metres. */
  volume: number;

  constructor(name: string, area: number, height: number, level: number) {
    this.name = name;
    this.area = area;
    this.height = height;
    this.volume = area * level;
  }

  /** Metres. */
  get level(): number {
    return this.volume / this.area;
  }

  /** Volumes in m³; more than there is cannot be drawn, more than fits runs over. */
  exchange(added: number, wanted: number): TankStep {
    const available = this.volume + added;
    const drawn = Math.min(wanted, available);
    const left = available - drawn;
    const overflow = Math.max(0, left - this.area * this.height);
    this.volume = left - overflow;
    return { drawn, overflow };
  }
}
