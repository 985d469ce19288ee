import type { Device, ExposedDevice } from "./device/device.ts";
import { ModbusDevice } from "./device/modbus-device.ts";
import { readFault, faultShapes, type Fault, type FaultRequest } from "./faults/fault.ts";
import { FaultBoard } from "./faults/fault-board.ts";
import { applyPlantFaults, endPlantFault, startPlantFault } from "./faults/plant-faults.ts";
import { targetsOf } from "./faults/targets.ts";
import { incidents } from "./incidents/all.ts";
import type { IncidentStep } from "./incidents/incident.ts";
import { IncidentPlayer } from "./incidents/player.ts";
import { DeviceLog, type LogLimits, type LogSink } from "./log/device-log.ts";
import { modbusDevices } from "./map/modbus-devices.ts";
import { mqttDevices } from "./map/mqtt-devices.ts";
import { exposedDevices } from "./map/exposed-devices.ts";
import { MqttDevice } from "./mqtt/mqtt-device.ts";
import { Plant, tickMs } from "./model/plant.ts";
import type { QuantityValue } from "./model/quantity.ts";
import { seededRandom } from "./model/random.ts";

export interface SiteOptions {
  seed: number;
  /** Wall time, ms since 1970. */
  now: () => number;
  sink: LogSink | null;
  limits?: LogLimits;
}

/** The plant with its devices, faults and incidents, and no network: what happens when, and who knows what. */
export class Site {
  readonly plant: Plant;
  readonly faults = new FaultBoard();
  readonly modbus: ReadonlyMap<number, ModbusDevice>;
  readonly mqtt: readonly MqttDevice[];
  /** On BACnet and ROS 2, by whoever started those. */
  readonly exposed: readonly ExposedDevice[];
  readonly devices: ReadonlyMap<string, Device>;
  readonly player = new IncidentPlayer((step) => this.#happen(step));
  readonly #now: () => number;

  constructor(options: SiteOptions) {
    const { seed, now, sink, limits } = options;
    this.#now = now;
    this.plant = new Plant(seed);
    const { quantities } = this.plant;
    const logOf = (device: string): DeviceLog => new DeviceLog(device, now, sink, limits);
    const partsOf = (device: string) => ({
      quantities,
      faults: this.faults,
      log: logOf(device),
      random: seededRandom(seed, `faults/${device}`),
      now,
    });
    this.modbus = new Map(modbusDevices.map((map) => [map.unitId, new ModbusDevice({ map, ...partsOf(map.device) })]));
    this.mqtt = mqttDevices.map((map) => new MqttDevice({ map, ...partsOf(map.device) }));
    this.exposed = exposedDevices.map((map) => ({ ...map, quantities, log: logOf(map.id), step: () => undefined }));
    this.devices = new Map([...this.modbus.values(), ...this.mqtt, ...this.exposed].map((device) => [device.id, device]));
    this.faults.watch(() => applyPlantFaults(this.plant, this.faults));
  }

  /** Lets plant time pass tick by tick, so that what an incident does falls on the same tick at every speed. */
  advance(milliseconds: number): void {
    let left = milliseconds;
    while (left > 0) {
      const piece = Math.min(left, tickMs);
      this.player.step(this.plant.seconds);
      this.plant.advance(piece);
      left -= piece;
    }
    const now = this.#now();
    for (const device of this.devices.values()) device.step(now);
  }

  /** Answers null, or in words why it is not possible. */
  setFault(request: FaultRequest): string | null {
    const fault = readFault(request);
    if (typeof fault === "string") return fault;
    const { scope } = faultShapes[fault.kind];
    const targets = targetsOf(scope, this);
    if (!targets.includes(fault.target)) return `"${fault.kind}" cannot be put on "${fault.target}"; it takes ${targets.join(", ")}`;
    if (request.on === false) this.#lift(fault);
    else this.#put(fault);
    return null;
  }

  beginIncident(name: string): string | null {
    const incident = incidents.find((candidate) => candidate.name === name);
    if (incident === undefined) return `there is no incident "${name}"; there are ${incidents.map((known) => known.name).join(", ")}`;
    return this.player.begin(incident, this.plant.seconds);
  }

  /** Someone turns something on site. It goes into the plant past every gateway, and into the log of the device it belongs to. */
  act(point: string, value: QuantityValue): string | null {
    const quantity = this.plant.quantities.get(point);
    if (quantity?.write === undefined) return `nothing can be turned at "${point}"`;
    if (typeof quantity.read() !== typeof value) return `"${point}" takes a ${typeof quantity.read()}`;
    if (typeof value === "number" && !Number.isFinite(value)) return `"${point}" takes a finite number`;
    quantity.write(value);
    const owner = [...this.devices.values()].find((device) => device.points.includes(point));
    owner?.log.wasTold({ point, value, held: quantity.read(), outcome: "applied", by: "panel" });
    owner?.step(this.#now());
    return null;
  }

  #put(fault: Fault): void {
    this.faults.put(fault);
    startPlantFault(this.plant, fault);
  }

  #lift(fault: Fault): void {
    if (this.faults.lift(fault.target, fault.kind)) endPlantFault(this.plant, fault.kind);
  }

  #happen(step: IncidentStep): void {
    const refused =
      step.fault !== undefined ? this.setFault(step.fault) : step.panel !== undefined ? this.act(step.panel.point, step.panel.value) : null;
    if (refused !== null) throw new Error(`the incident step "${step.says}" cannot happen: ${refused}`);
  }
}
