import { lineMap, outletMap, pipeMap } from "./meters.ts";
import type { ModbusDeviceMap } from "./modbus-map.ts";
import { pumpStationMap } from "./pump-station.ts";
import { tanksMap } from "./tanks.ts";
import { valveMaps } from "./valves.ts";

/** Everything the demo plant shows over Modbus. */
export const modbusDevices: readonly ModbusDeviceMap[] = [pipeMap, outletMap, lineMap, ...valveMaps, pumpStationMap, tanksMap];
