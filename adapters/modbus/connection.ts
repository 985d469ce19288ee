import type { AdapterConfig, Binding, Connection, DeviceAct, Found, Reading, Receipt } from "#src/contract/adapter.ts";
import { assert, GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import { RegisterDecoder } from "./codec.ts";
import type { Link } from "./config.ts";
import { devicesOf, type Device } from "./device.ts";
import type { Exchange } from "./exchange.ts";
import { exceptionOf, exceptionWords, stillWorking } from "./exceptions.ts";
import { askOnce, readIdentity, scanUnits } from "./identity.ts";
import { Reader } from "./reader.ts";
import { callQuestion, setQuestion } from "./writes.ts";

/** The adapter contract over one exchange. */
export class ModbusConnection implements Connection {
  readonly lost: Promise<Error>;
  private readonly exchange: Exchange;
  private devices: ReadonlyMap<string, Device>;
  private readonly link: Link;
  private readonly decoder = new RegisterDecoder();

  constructor(exchange: Exchange, devices: ReadonlyMap<string, Device>, link: Link) {
    this.exchange = exchange;
    this.devices = devices;
    this.link = link;
    this.lost = exchange.lost;
    this.limitLanes();
  }

  /** A device is what its configuration says and nothing on the wire: another set of them is another plan. */
  reconfigure(config: AdapterConfig): boolean {
    this.devices = devicesOf(config, this.link, this.devices);
    this.limitLanes();
    return true;
  }

  async read(bindings: readonly Binding[], signal: AbortSignal, isAwaited = false): Promise<readonly Reading[]> {
    const [first] = bindings;
    if (!first) return [];
    const device = this.device(first.device);
    if (device.broadcast) throw new GatewayError("not-supported", `${device.id} is unit 0, a broadcast: nobody answers`);
    if (signal.aborted) throw givenUp(signal, `reading ${device.id}`);
    const reader = new Reader(this.exchange, device, { plan: device.plan(bindings), count: bindings.length, isAwaited }, this.decoder);
    const onAbort = () => reader.fail(givenUp(signal, `reading ${device.id}`));
    signal.addEventListener("abort", onAbort, { once: true });
    reader.start();
    try {
      return await reader.done;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    const device = this.device(act.do === "call" ? act.device : act.binding.device);
    if (act.do === "release")
      throw new GatewayError(
        "not-supported",
        "a Modbus device has no priority slots to release; the host writes the value that holds instead",
      );
    if (act.do === "call" && act.method === "identify") return this.identify(device, signal);
    const question =
      act.do === "set" ? setQuestion(act, device.shape(act.binding), device.limits) : callQuestion(act.method, act.args, device.limits);
    const answer = await askOnce(this.exchange, device.limits.unit, question, device.timeoutMs, signal, {
      urgent: true,
      broadcast: device.broadcast,
    });
    if (device.broadcast) return { assurance: "none", detail: "a broadcast: nobody answers" };
    if (answer[0]! >= 0x80) {
      const number = answer[1]!;
      // It has taken the request and is still at it; whether it does it is for the evidence to say.
      if (number === stillWorking) return { assurance: "device", detail: exceptionWords(number) };
      throw new GatewayError(exceptionOf(number).code, `${device.id} answered ${exceptionWords(number)}`, { sent: true });
    }
    // The device repeats what it was told: received, which is not the effect; the host reads back.
    return { assurance: "device", ...(act.do === "call" && { result: resultOf(act.method, answer) }) };
  }

  async *browse(signal: AbortSignal): AsyncGenerator<Found> {
    const [from = 1, to = 32] = this.link.scanUnits.split("-").map(Number);
    const units = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const configured = [...this.devices.values()].map((device) => device.limits.unit);
    yield* scanUnits(this.exchange, [...new Set([...configured, ...units])], this.link.timeoutMs, this.link.transport === "tcp", signal);
  }

  health(): Readonly<Record<string, unknown>> {
    return { ...this.exchange.counters, waiting: this.exchange.lanes.waiting };
  }

  async close(): Promise<void> {
    this.exchange.end(new GatewayError("closed", "this link was closed"));
  }

  private async identify(device: Device, signal: AbortSignal): Promise<Receipt> {
    callQuestion("identify", {}, device.limits);
    const identity = await readIdentity(this.exchange, device.limits.unit, device.timeoutMs, signal);
    if (!identity) throw new GatewayError("not-supported", `${device.id} does not identify itself`, { sent: true });
    return { assurance: "device", result: identity };
  }

  private limitLanes(): void {
    const units = new Map<number, number>();
    // Where two devices are one unit, the smaller number counts.
    for (const { limits } of this.devices.values()) units.set(limits.unit, Math.min(units.get(limits.unit) ?? Infinity, limits.inFlight));
    this.exchange.lanes.belong(units);
  }

  private device(id: string): Device {
    const device = this.devices.get(id);
    assert(device, `${id} is one of this link's devices`);
    return device;
  }
}

function resultOf(method: string, answer: Buffer): unknown {
  if (method !== "read-write-registers") return undefined;
  return { values: Array.from({ length: answer[1]! / 2 }, (_, index) => answer.readUInt16BE(2 + index * 2)) };
}
