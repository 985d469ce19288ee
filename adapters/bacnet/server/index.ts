import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Bus } from "#src/contract/bus.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { Desk, Principal } from "#src/contract/control.ts";
import type { Exposer } from "#src/contract/exposer.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import { assert } from "#src/kit/errors.ts";
import type { CommandState } from "#msgs/command.ts";
import { isBad, isGood } from "#msgs/quality.ts";
import type { Point, Value } from "#msgs/point.ts";
import type { Create } from "../../kit/first-use.ts";
import { withDefaults } from "../../kit/schema-problems.ts";
import { parseObject } from "../address.ts";
import { unitOf } from "../discovery/units.ts";
import { openUdp, type UdpTransport } from "../link/udp.ts";
import { confirmed } from "../wire/services/choices.ts";
import { normaliseAddress, splitAddress } from "../wire/udp-address.ts";
import { ErrorClass, ErrorCode, Reliability } from "../wire/vocabulary.ts";
import { serverSchema, type ExposedPoint, type ServerOptions } from "./config.ts";
import { BacnetDevice } from "./device.ts";
import { pointObject, type PointValue } from "./point-object.ts";
import { refusal, type WriteHow } from "./property.ts";
import { SlotMirror } from "./slot-mirror.ts";

export { checkServer, serverSchema, type ServerOptions } from "./config.ts";

type Filled = Required<Omit<ServerOptions, "ttlMs" | "bbmd">> & Pick<ServerOptions, "ttlMs" | "bbmd">;

/** How often subscribers are told what has changed since. */
const lookMs = 200;
/** How long a write waits for the far side; a client that reads back at once then finds its value in the slot. */
const answerMs = 1_000;
/** Anybody on the network could silence the gateway or make it forget its subscribers: these are for its administrators. */
const refusedServices = [confirmed.deviceCommunicationControl, confirmed.reinitializeDevice];
/** Ends that say the far side did not take it. */
const untaken = new Set<CommandState>(["failed", "rejected", "expired"]);

export const create: Create<ServerOptions> = (options, { plant, latest }, env) => new BacnetServer(options, () => plant, latest, env);

/** Shows chosen points of any protocol to a building management system, as objects of one BACnet device; writes go to the desk. */
export class BacnetServer implements Exposer {
  readonly #options: Filled;
  readonly #plant: () => Plant;
  readonly #latest: LatestValues;
  readonly #env: AdapterEnv;
  readonly #slots: SlotMirror;
  #running: { readonly transport: UdpTransport; readonly device: BacnetDevice; readonly cancel: readonly Cancel[] } | undefined;
  #commands = 0;
  #startedUs = 0;
  #changed = false;
  readonly counters = { writes: 0, refused: 0 };

  /** The options have passed `checkServer`. */
  constructor(options: ServerOptions, plant: () => Plant, latest: LatestValues, env: AdapterEnv) {
    this.#options = withDefaults<Filled>(serverSchema, options);
    this.#plant = plant;
    this.#latest = latest;
    this.#env = env;
    this.#slots = new SlotMirror(new Set(this.#options.points.map(({ point }) => point)));
  }

  /** Where it listens; undefined while it does not. */
  get address(): string | undefined {
    return this.#running?.transport.address;
  }

  async start(bus: Bus, desk: Desk): Promise<void> {
    const { listen, broadcast, bbmd, bbmdTtlS, instance, name } = this.#options;
    const at = bbmd === undefined ? undefined : normaliseAddress(bbmd);
    const udp = {
      listen: splitAddress(listen),
      broadcast: broadcast.map((one) => normaliseAddress(one)).filter((one) => one !== undefined),
      ...(at !== undefined && { bbmd: { address: at, ttlSeconds: bbmdTtlS } }),
    };
    this.#startedUs = this.#env.time.now();
    const transport = await openUdp(udp, this.#env, AbortSignal.timeout(15_000));
    const device = new BacnetDevice(
      { instance, name, description: "points of a Plainview gateway", without: refusedServices },
      transport,
      this.#env,
    );
    for (const exposed of this.#options.points) this.#add(device, exposed, desk);
    const cancel = [
      bus.follow((fact) => {
        // Subscribers are told in one sweep; what matters here is only that something moved.
        if (this.#slots.see(fact) || fact.kind === "samples" || fact.kind === "link") this.#changed = true;
      }),
      this.#env.timers.every(lookMs, () => {
        if (!this.#changed) return;
        this.#changed = false;
        device.cov.look();
      }),
    ];
    this.#running = { transport, device, cancel };
    device.announce();
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    for (const cancel of running.cancel) cancel();
    running.device.close();
    await running.transport.close();
  }

  #add(device: BacnetDevice, exposed: ExposedPoint, desk: Desk): void {
    const id = parseObject(exposed.object);
    assert(typeof id !== "string", "an exposed object passed its check");
    const point = this.#plant().points.get(exposed.point);
    const latest = () => this.#latest.get(exposed.point);
    device.add(
      pointObject({
        id,
        name: exposed.name ?? exposed.point,
        description: point?.title ?? exposed.point,
        units: unitOf(point?.unit),
        covIncrement: exposed.covIncrement ?? 0,
        read: () => latest()?.lastGood?.value ?? latest()?.value ?? undefined,
        reliability: () => reliabilityOf(latest()?.quality),
        ...(point?.range && { limits: { low: point.range.min, high: point.range.max } }),
        ...textsOf(point),
        ...(exposed.writable === true && {
          slots: () => this.#slots.of(exposed.point),
          write: (value: PointValue | null, how: WriteHow) => this.#write(exposed.point, point, value, how, desk),
          ...(point?.control && point.control.default !== "leave" && { relinquishDefault: point.control.default }),
        }),
      }),
    );
  }

  /** A write is a command like anybody else's: refused by a gate or by the far side it is an error here, too. */
  async #write(pointId: string, point: Point | undefined, value: PointValue | null, how: WriteHow, desk: Desk): Promise<void> {
    const priority = how.priority ?? 16;
    if (priority < this.#options.highestPriority) throw this.#refused(ErrorCode.WRITE_ACCESS_DENIED);
    const by: Principal = { name: `bacnet-server:${this.#options.id}`, kind: "program", role: "operator" };
    const { ttlMs } = this.#options;
    const act =
      value === null
        ? ({ do: "release", point: pointId } as const)
        : ({ do: "set", point: pointId, value: valueFor(point, value) } as const);
    const id = `bacnet-${this.#options.id}-${this.#startedUs}-${++this.#commands}`;
    const told = this.#slots.answerTo(id);
    const verdict = desk.submit(
      {
        id,
        act,
        priority,
        reason: `written over BACnet by ${how.from}`,
        asked: value === null ? "point.release" : "point.write",
        ...(ttlMs !== undefined && value !== null && { ttlMs }),
      },
      by,
    );
    if (verdict.status === "rejected") {
      told.enough();
      this.#env.log.warn("a BACnet write was refused", { point: pointId, from: how.from, code: verdict.code, message: verdict.message });
      throw this.#refused(verdict.code.includes("limit") ? ErrorCode.VALUE_OUT_OF_RANGE : ErrorCode.WRITE_ACCESS_DENIED);
    }
    this.counters.writes++;
    const cancel = this.#env.timers.after(answerMs, told.enough);
    const state = await told.answer;
    cancel();
    if (state !== undefined && untaken.has(state)) throw this.#refused(ErrorCode.OPERATIONAL_PROBLEM, ErrorClass.DEVICE);
  }

  #refused(code: number, errorClass: number = ErrorClass.PROPERTY) {
    this.counters.refused++;
    return refusal(errorClass, code);
  }
}

/** Bad is a communication failure, doubtful is unreliable: both set the fault flag, so that no client takes them for good. */
function reliabilityOf(quality: number | undefined): number {
  if (quality === undefined || isBad(quality)) return Reliability.COMMUNICATION_FAILURE;
  return isGood(quality) ? 0 : Reliability.UNRELIABLE_OTHER;
}

function textsOf(point: Point | undefined): { stateTexts?: readonly string[] } {
  if (!point?.states) return {};
  const numbers = Object.keys(point.states).map(Number);
  const first = point.kind === "boolean" ? 0 : 1;
  const last = Math.max(...numbers);
  return { stateTexts: Array.from({ length: last - first + 1 }, (_, i) => point.states![i + first] ?? String(i + first)) };
}

function valueFor(point: Point | undefined, value: PointValue): Value {
  return point?.kind === "boolean" ? value === 1 || value === true : value;
}
