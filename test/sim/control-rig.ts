import type { Cancel, LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceSide, Principal } from "#src/contract/control.ts";
import type { DeviceAct } from "#src/contract/adapter.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { StandardTaps } from "#src/timeline/standard.ts";
import type { Control } from "#src/control/open-control.ts";
import type { ControlConfig } from "#src/control/control-config.ts";
import type { MemoryTables } from "#src/control/memory-record.ts";
import type { ControlRecord } from "#src/control/record.ts";
import type { Command, CommandStep } from "#msgs/command.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Control as PointControl, Point, PointId, Valve, Value } from "#msgs/point.ts";
import type { SampleOrigin } from "#msgs/sample.ts";
import { isEnd } from "#msgs/command.ts";
import { quality } from "#msgs/quality.ts";
import { samplesOf } from "#msgs/sample.ts";
import { silentLog } from "#src/kit/log.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { MemoryRecord, memoryTables } from "#src/control/memory-record.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";

export const anna: Principal = { name: "anna", kind: "person", role: "operator" };
export const bela: Principal = { name: "bela", kind: "person", role: "operator" };
export const script: Principal = { name: "script", kind: "program", role: "operator" };

export const startOfWorld = Date.UTC(2026, 10, 21) * 1_000;

/** A clock that a test moves, with the timers that hang on it. Never two things at one microsecond by accident. */
export class MadeUpTime implements LiveTime, Timers {
  #now: number;
  #timers: { due: number; id: number; run: () => void }[] = [];
  #ids = 0;
  isTrusted = true;

  constructor(now: number = startOfWorld) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  trusted(): boolean {
    return this.isTrusted;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { due: this.#now + Math.round(ms * 1_000), id: this.#ids++, run };
    this.#timers.push(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  every(ms: number, run: () => void): Cancel {
    let cancel = this.after(ms, function again(this: void) {
      run();
      cancel = tick();
    });
    const tick = (): Cancel =>
      this.after(ms, () => {
        run();
        cancel = tick();
      });
    return () => cancel();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  nextDue(): number | undefined {
    return this.#timers.reduce<number | undefined>((least, { due }) => (least === undefined || due < least ? due : least), undefined);
  }

  /** Moves to `to` and runs what is due there; nothing may be due before. */
  moveTo(to: number): void {
    this.#now = Math.max(this.#now, to);
    const due = this.#timers.filter((timer) => timer.due <= to).sort((a, b) => a.due - b.due || a.id - b.id);
    this.#timers = this.#timers.filter((timer) => timer.due > to);
    for (const timer of due) timer.run();
  }
}

/** Lets everything that waits only on promises happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function slotsPoint(id: PointId, more: Partial<PointControl> = {}, point: Partial<Point> = {}): Point {
  return {
    id,
    device: "plc",
    area: "north",
    kind: "number",
    binding: { adapter: "modbus-1", address: id },
    control: {
      mode: "slots",
      default: "leave",
      onReturn: "leave",
      significance: "routine",
      evidence: { tolerance: 0.5, withinMs: 2_000, holdMs: 0 },
      interlocks: [],
      ...more,
    },
    ...point,
  };
}

export function readPoint(id: PointId, point: Partial<Point> = {}): Point {
  return { id, device: "plc", area: "north", kind: "number", binding: { adapter: "modbus-1", address: id }, ...point };
}

export interface RigOptions {
  readonly points: readonly Point[];
  readonly valves?: readonly Valve[];
  /** Methods of the device that are for administrators. */
  readonly adminMethods?: readonly string[];
  readonly config?: Partial<ControlConfig>;
  readonly tables?: MemoryTables;
  readonly record?: ControlRecord;
  /** Instead of one record: a new one on the same tables at every start. */
  readonly recordOn?: (tables: MemoryTables, time: MadeUpTime) => ControlRecord;
  /** What the journal has: the desk's tap is retold it before the desk starts. */
  readonly journal?: readonly Fact[];
  /** Sees every fact at the moment it is told. */
  readonly onFact?: (fact: Fact, rig: Rig) => void;
  /** How long a commit takes; what is not committed when the desk is killed is lost. */
  readonly commitMs?: () => number;
  readonly time?: MadeUpTime;
  readonly devices?: (rig: Rig) => DeviceSide;
}

/** A whole desk on a real timeline with a made-up clock, and one obedient device unless a test brings its own. */
export class Rig {
  readonly time: MadeUpTime;
  readonly tables: MemoryTables;
  readonly taps: StandardTaps = standardTaps();
  readonly facts: Fact[] = [];
  readonly acts: DeviceAct[] = [];
  /** What the obedient device holds. */
  readonly values = new Map<PointId, Value>();
  linkUp = true;
  /** Runs instead of taking the value over. */
  onAct: ((act: DeviceAct) => Promise<void> | void) | undefined;
  opened!: Opened;
  control!: Control;
  readonly #options: RigOptions;

  constructor(options: RigOptions) {
    this.#options = options;
    this.time = options.time ?? new MadeUpTime();
    this.tables = options.tables ?? memoryTables();
  }

  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options);
    await rig.#start();
    return rig;
  }

  async #start(): Promise<void> {
    const { points, valves = [], config = {}, adminMethods } = this.#options;
    const { commitMs } = this.#options;
    const schedule = commitMs && ((commit: () => void) => void this.time.after(commitMs(), commit));
    const { recordOn, onFact } = this.#options;
    const record = this.#options.record ?? recordOn?.(this.tables, this.time) ?? new MemoryRecord(this.tables, schedule);
    const { plant, latest } = this.taps;
    const { time } = this;
    const prepared = await prepareControl({ record, plant, latest, time, timers: time, log: silentLog, config });
    const retold: typeof prepared.tap = (env) => {
      const tap = prepared.tap(env);
      for (const fact of this.#options.journal ?? []) tap.see(fact);
      return tap;
    };
    this.opened = open({ id: "live", kind: "live", from: time.now(), taps: [...this.taps.factories, retold] });
    this.opened.timeline.bus.follow((fact) => {
      this.facts.push(fact);
      onFact?.(fact, this);
    });
    this.publish({
      kind: "config",
      revision: "1",
      timeZone: "UTC",
      areas: [{ id: "north" }],
      devices: [{ id: "plc", adapter: "modbus-1", protocol: "modbus", area: "north", ...(adminMethods && { adminMethods }) }],
      points: points.map((point, index) => ({ ...point, key: index + 1 })),
      valves,
      rules: [],
    });
    const into = { publish: (fact: Parameters<Opened["into"]["publish"]>[0]) => this.publish(fact), ready: () => Promise.resolve() };
    this.control = await prepared.start({ into, devices: this.#options.devices?.(this) ?? this.#obedient() });
  }

  publish(fact: Parameters<Opened["into"]["publish"]>[0]): void {
    this.opened.into.publish(fact, this.time.now());
  }

  /** A sample of a point, polled now unless said otherwise. */
  sample(
    point: PointId,
    value: Value | null,
    about: { origin?: SampleOrigin; askedAt?: number; quality?: number; sourceTime?: number } = {},
  ): void {
    const { origin = "asked", askedAt = this.time.now(), sourceTime = this.time.now() } = about;
    const key = this.taps.plant.points.get(point)!.key;
    const byte = about.quality ?? (value === null ? quality.bad : quality.good);
    const samples = samplesOf([{ key, value, quality: byte, sourceTime }], {
      origin,
      stream: "modbus-1/plc",
      ...(origin === "asked" && { askedAt }),
      ...(origin !== "asked" && { deviceTimes: true }),
    });
    this.publish({ kind: "samples", samples });
  }

  /** Moves everything on together: timers, deadlines, promises; no further once it is over. */
  async advance(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const end = this.time.now() + ms * 1_000;
    await settled();
    while (this.time.now() < end && !isOver()) {
      const next = Math.min(end, this.time.nextDue() ?? end, this.opened.nextDue() ?? end);
      this.time.moveTo(Math.max(next, this.time.now() + 1));
      this.opened.advance(this.time.now());
      await settled();
    }
  }

  set(point: PointId, value: Value, more: Partial<Command> = {}, by: Principal = anna) {
    return this.control.desk.submit(
      { id: `c-${this.#next++}`, act: { do: "set", point, value }, priority: 8, asked: "point.write", ...more },
      by,
    );
  }

  release(point: PointId, more: Partial<Command> = {}, by: Principal = anna) {
    return this.control.desk.submit(
      { id: `c-${this.#next++}`, act: { do: "release", point }, priority: 8, asked: "point.release", ...more },
      by,
    );
  }

  #next = 1;

  steps(id: string): CommandStep[] {
    return this.facts.flatMap((fact) => (fact.kind === "command" && fact.step.command.id === id ? [fact.step] : []));
  }

  states(id: string): string[] {
    return this.steps(id).map(({ state }) => state);
  }

  end(id: string): CommandStep | undefined {
    return this.steps(id).find(({ state }) => isEnd(state));
  }

  /** Kills the desk with whatever was not durable, and starts another on what was. */
  async restart(): Promise<Rig> {
    await this.control.close();
    const next = new Rig({ ...this.#options, tables: this.tables, time: this.time });
    for (const [point, value] of this.values) next.values.set(point, value);
    next.#next = this.#next;
    await next.#start();
    return next;
  }

  #obedient(): DeviceSide {
    return {
      actuator: () =>
        this.linkUp
          ? {
              perform: async (act) => {
                this.acts.push(act);
                await this.time.sleep(5);
                if (this.onAct) await this.onAct(act);
                else if (act.do === "set") this.values.set(act.binding.point, act.value);
                return { assurance: "device" };
              },
            }
          : undefined,
      ask: async (points) => {
        const askedAt = this.time.now();
        await this.time.sleep(2);
        if (!this.linkUp) throw new GatewayError("link-lost", "gone");
        for (const point of points) this.sample(point, this.values.get(point) ?? null, { askedAt });
      },
    };
  }
}

/** The device of a desk's tests that keeps `array` itself, takes every write over, and shows what `shown` makes of it. */
export function arrayDevice(array: (Value | null)[], shown: () => Value, rig: () => Rig, keeps = true): (opened: Rig) => DeviceSide {
  return ({ time }) => ({
    keepsSlots: () => keeps,
    slots: () => Promise.resolve([...array]),
    actuator: () => ({
      perform: (act) => {
        if (act.do === "set") array[act.priority - 1] = act.value;
        return Promise.resolve({ assurance: "device" });
      },
    }),
    ask: async (points) => {
      const askedAt = time.now();
      await time.sleep(2);
      for (const point of points) rig().sample(point, shown(), { askedAt });
    },
  });
}
