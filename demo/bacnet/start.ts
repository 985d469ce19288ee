import { openUdp, type UdpTransport } from "#adapters/bacnet/link/udp.ts";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Timers } from "#src/contract/clock.ts";
import { silentLog } from "#src/kit/log.ts";
import { FaultBoard } from "../faults/fault-board.ts";
import type { DeviceLog } from "../log/device-log.ts";
import type { Quantities } from "../model/quantity.ts";
import { seededRandom } from "../model/random.ts";
import { Bbmd } from "./bbmd.ts";
import { FaultyTransport } from "./faulty-transport.ts";
import { bacnetDevices, trunkNetwork } from "./map.ts";
import { PlantDevice } from "./plant-device.ts";
import { TrunkRouter } from "./router.ts";

export interface BacnetSiteOptions {
  quantities: Quantities;
  logOf: (device: string) => DeviceLog;
  faults?: FaultBoard;
  seed?: number;
  /** UDP port of the BBMD, which is all that has to be known of the site; 0 takes a free one. */
  port: number;
  host?: string;
}

export interface BacnetSite {
  /** Of the BBMD: whoever registers there finds the devices by their instances. */
  readonly port: number;
  readonly bbmd: Bbmd;
  readonly devices: ReadonlyMap<string, PlantDevice>;
  /** Called after the plant has moved. */
  step(): void;
  close(): Promise<void>;
}

/**
 * The air-handling unit and its VAV boxes on BACnet/IP: a BBMD that foreign devices register with, each IP device on a UDP
 * address of its own, and a router with the boxes of the trunk behind it.
 */
export async function startBacnetSite(options: BacnetSiteOptions): Promise<BacnetSite> {
  const host = options.host ?? "127.0.0.1";
  const faults = options.faults ?? new FaultBoard();
  const env: AdapterEnv = { time: { now: () => Date.now() * 1000, trusted: () => true }, timers: wallTimers(), log: silentLog };
  const transports: UdpTransport[] = [];
  const bbmd = await Bbmd.start({ host, port: options.port, stations: () => transports.map(({ address }) => address) });
  const open = async (): Promise<UdpTransport> => {
    // What a device broadcasts goes to the BBMD, which hands it round: loopback itself carries no broadcasts.
    const transport = await openUdp({ listen: { host, port: 0 }, broadcast: [bbmd.address] }, env, AbortSignal.timeout(5_000));
    transports.push(transport);
    return transport;
  };
  const router = new TrunkRouter(await open(), trunkNetwork);
  const devices = new Map<string, PlantDevice>();
  for (const map of bacnetDevices) {
    const inner = map.where === "ip" ? await open() : router.station(map.where.station);
    const random = seededRandom(options.seed ?? 7, `faults/${map.device}`);
    const transport = new FaultyTransport({ inner, device: map.device, faults, random });
    const { quantities, logOf } = options;
    devices.set(map.device, new PlantDevice({ map, quantities, faults, log: logOf(map.device), transport, env }));
  }
  return {
    port: Number(bbmd.address.split(":")[1]),
    bbmd,
    devices,
    step: () => {
      for (const device of devices.values()) device.step();
    },
    async close() {
      for (const device of devices.values()) device.close();
      for (const transport of transports) await transport.close();
      await bbmd.close();
    },
  };
}

function wallTimers(): Timers {
  return {
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    every(ms, run) {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
