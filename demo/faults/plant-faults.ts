import type { Plant } from "../model/plant.ts";
import type { Sensor, SensorFault } from "../model/sensor.ts";
import type { Fault } from "./fault.ts";
import type { FaultBoard } from "./fault-board.ts";

/** Faults of metal and instruments: they are put into the model itself, so that everything downstream feels them. */
export function applyPlantFaults(plant: Plant, faults: FaultBoard): void {
  const { pipeline, airHandler } = plant;
  for (const valve of [pipeline.v101, pipeline.v102]) valve.stuck = faults.find(valve.name, "stuck-valve") !== null;
  for (const zone of airHandler.zones) zone.stuck = faults.find(zone.shape.name, "stuck-valve") !== null;
  for (const [name, sensor] of plant.instruments) applySensorFault(sensor, sensorFault(faults, name));
}

/** A leak and a trip are events: they happen when the fault comes, and a leak is mended when it goes. */
export function startPlantFault(plant: Plant, fault: Fault): void {
  if (fault.kind === "leak") plant.pipeline.leakOpening = fault.settings["opening"] ?? 0;
  if (fault.kind !== "pump-trip") return;
  for (const pump of [plant.pipeline.p1, plant.pipeline.p2]) if (pump.name === fault.target) pump.trip();
}

export function endPlantFault(plant: Plant, kind: Fault["kind"]): void {
  if (kind === "leak") plant.pipeline.leakOpening = 0;
}

function sensorFault(faults: FaultBoard, name: string): SensorFault | null {
  if (faults.find(name, "sensor-freeze") !== null) return { kind: "freeze" };
  const offset = faults.find(name, "sensor-offset");
  if (offset !== null) return { kind: "offset", by: offset.settings["by"] ?? 0 };
  const drift = faults.find(name, "sensor-drift");
  return drift === null ? null : { kind: "drift", perSecond: drift.settings["perSecond"] ?? 0 };
}

/** Setting the same fault again would start a drift anew, so only a change is passed on. */
function applySensorFault(sensor: Sensor, fault: SensorFault | null): void {
  if (JSON.stringify(sensor.fault) !== JSON.stringify(fault)) sensor.setFault(fault);
}
