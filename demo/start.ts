import { startBacnetSite } from "./bacnet/start.ts";
import type { FaultRequest } from "./faults/fault.ts";
import type { LogLimits, LogSink } from "./log/device-log.ts";
import { DeviceLog } from "./log/device-log.ts";
import type { LogEntry } from "./log/entry.ts";
import { openLogFile } from "./log/log-file.ts";
import { type ModbusServer, startModbusServer } from "./modbus/server.ts";
import type { QuantityValue } from "./model/quantity.ts";
import { type Broker, startBroker } from "./mqtt/broker.ts";
import { DeviceLink } from "./mqtt/device-link.ts";
import { startRos2Site } from "./ros2/start.ts";
import { Site } from "./site.ts";

export interface DemoOptions {
  /** 0 chooses a free port; null leaves the network out. */
  portModbus?: number | null;
  portMqtt?: number | null;
  /** UDP, of the building's BBMD; the devices behind it have ports of their own. */
  portBacnet?: number | null;
  /** The ROS domain of the robots; absent: one that is free on this machine; null leaves them out. */
  ros2Domain?: number | null;
  host?: string;
  seed?: number;
  /** Plant seconds in a second; 0 stands still until `advance` is called. Times in payloads stay those of the wall. */
  speed?: number;
  /** Every log entry is also appended here, as JSON lines. */
  logFile?: string;
  logLimits?: LogLimits;
}

export interface Demo {
  readonly site: Site;
  readonly ports: { modbus: number | null; mqtt: number | null; bacnet: number | null };
  readonly ros2Domain: number | null;
  readonly modbus: ModbusServer | null;
  /** Answers null, or in words why it is not possible. Network faults are in effect when the promise settles. */
  fault(request: FaultRequest): Promise<string | null>;
  incident(name: string): string | null;
  /** Someone turns something on site, past every gateway. */
  act(point: string, value: QuantityValue): string | null;
  /** Lets plant time pass at once. */
  advance(milliseconds: number): void;
  /** Entries of a device's log; null when there is no such device. `broker` is one too. */
  log(device: string, from?: number, limit?: number): LogEntry[] | null;
  counters(): { modbus: ModbusServer["counters"] | null; devices: ReturnType<DeviceLog["counters"]>[] };
  /** Everything each MQTT device says arrives at the broker from here on. */
  mqttConnected(): boolean;
  close(): Promise<void>;
}

/** Wall time between two steps of the demo. */
const stepMs = 50;
/** After a pause of the machine at most so much plant time is caught up in one step. */
const catchUpMs = 60_000;

/** Starts the demo plant with its networks on loopback. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const host = options.host ?? "127.0.0.1";
  const file = options.logFile === undefined ? null : openLogFile(options.logFile);
  const sink: LogSink | null = file?.sink ?? null;
  const now = Date.now;
  const site = new Site({ seed: options.seed ?? 7, now, sink, ...(options.logLimits === undefined ? {} : { limits: options.logLimits }) });
  const portModbus = options.portModbus === undefined ? 0 : options.portModbus;
  const portMqtt = options.portMqtt === undefined ? 0 : options.portMqtt;
  const brokerLog = new DeviceLog("broker", now, sink, options.logLimits);
  const modbus = portModbus === null ? null : await startModbusServer({ port: portModbus, host, units: site.modbus });
  const broker = portMqtt === null ? null : await startBroker({ port: portMqtt, host, log: brokerLog });
  const links = broker === null ? [] : site.mqtt.map((device) => new DeviceLink(device, `mqtt://${host}:${broker.port}`));
  const building = options.portBacnet === null ? null : await startBacnetSite(buildingOf(site, options, host));
  const robots = options.ros2Domain === null ? null : await startRos2Site(robotsOf(site, options.ros2Domain));
  const step = (): void => {
    const at = now();
    building?.step();
    robots?.step();
    for (const link of links) link.step(at);
    file?.flush();
  };
  const timer = startClock(options.speed ?? 1, site, step);
  return {
    site,
    ports: { modbus: modbus?.port ?? null, mqtt: broker?.port ?? null, bacnet: building?.port ?? null },
    ros2Domain: robots?.domain ?? null,
    modbus,
    async fault(request) {
      const refused = site.setFault(request);
      if (refused === null) await obeyNetworkFaults(site, modbus, broker);
      // A device that is switched off drops its connection at once and not at the next step.
      if (refused === null) step();
      return refused;
    },
    incident: (name) => site.beginIncident(name),
    act: (point, value) => site.act(point, value),
    advance: (milliseconds) => site.advance(milliseconds),
    log(device, from, limit) {
      const log = device === "broker" ? brokerLog : site.devices.get(device)?.log;
      return log?.entries(from, limit) ?? null;
    },
    counters: () => ({
      modbus: modbus?.counters ?? null,
      devices: [...[...site.devices.values()].map((device) => device.log), brokerLog].map((log) => log.counters()),
    }),
    mqttConnected: () => links.every((link) => link.connected),
    async close() {
      clearInterval(timer);
      await Promise.all(links.map((link) => link.close()));
      await building?.close();
      await robots?.close();
      await broker?.close();
      await modbus?.close();
      file?.flush();
    },
  };
}

/** Real time drives the plant; a step late makes the next one longer, so plant time does not drift. */
function startClock(speed: number, site: Site, after: () => void): NodeJS.Timeout {
  let last = performance.now();
  let owed = 0;
  return setInterval(() => {
    const at = performance.now();
    owed = Math.min(catchUpMs, owed + (at - last) * speed);
    last = at;
    const whole = Math.floor(owed);
    owed -= whole;
    site.advance(whole);
    after();
  }, stepMs);
}

/** What the building's side of BACnet is made of. */
function buildingOf(site: Site, { seed, portBacnet }: DemoOptions, host: string): Parameters<typeof startBacnetSite>[0] {
  return {
    quantities: site.plant.quantities,
    logOf: (device) => site.devices.get(device)!.log,
    faults: site.faults,
    port: portBacnet ?? 0,
    host,
    ...(seed === undefined ? {} : { seed }),
  };
}

/** What the robots' side of ROS 2 is made of: the model's robots, with the logs and the power of their devices. */
function robotsOf(site: Site, domain: number | undefined): Parameters<typeof startRos2Site>[0] {
  return {
    robots: site.plant.robots,
    logOf: (device) => site.devices.get(device)!.log,
    isOff: (device) => site.faults.find(device, "device-off") !== null,
    ...(domain === undefined ? {} : { domain }),
  };
}

async function obeyNetworkFaults(site: Site, modbus: ModbusServer | null, broker: Broker | null): Promise<void> {
  const isOff = (network: string): boolean => site.faults.find(network, "device-off") !== null;
  await (isOff("modbus") ? modbus?.unplug() : modbus?.plug());
  await (isOff("mqtt") ? broker?.unplug() : broker?.plug());
}
