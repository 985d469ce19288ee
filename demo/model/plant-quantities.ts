import type { Controller } from "./controller.ts";
import { lpm } from "./pipeline.ts";
import type { Plant } from "./plant.ts";
import type { Pump } from "./pump.ts";
import type { Quantities, Quantity, QuantityValue } from "./quantity.ts";
import type { Robot } from "./robot.ts";
import type { Tank } from "./tank.ts";
import type { Valve } from "./valve.ts";
import type { Zone } from "./zone.ts";

type Entry = readonly [string, Quantity];

/** Everything the plant shows or takes, by point name: what the devices of all protocols are made of. */
export function plantQuantities(plant: Plant): Quantities {
  const { pipeline, airHandler } = plant;
  return new Map<string, Quantity>([
    ...[...plant.instruments].map(([name, sensor]): Entry => [name, shows(() => sensor.value)]),
    ...meterEntries(plant),
    ...[pipeline.v101, pipeline.v102].flatMap(valveEntries),
    ...[pipeline.p1, pipeline.p2].flatMap(pumpEntries),
    ...[pipeline.fc101, pipeline.lc101, pipeline.lc102].flatMap(controllerEntries),
    ...[pipeline.t1, pipeline.t2].flatMap(tankEntries),
    ...localEntries(plant),
    ...airHandlerEntries(plant),
    ...airHandler.zones.flatMap(zoneEntries),
    ...plant.robots.flatMap(robotEntries),
  ]);
}

function shows(read: () => QuantityValue): Quantity {
  return { read };
}

function takes(read: () => number, write: (value: number) => void): Quantity {
  return { read, write: (value) => write(Number(value)) };
}

function switches(read: () => boolean, write: (on: boolean) => void): Quantity {
  return { read, write: (value) => write(Boolean(value)) };
}

function meterEntries(plant: Plant): Entry[] {
  const { totals } = plant;
  const imbalance = (): number => Number(plant.shown("pipe/flow")) - Number(plant.shown("outlet/flow"));
  return [
    ["pipe/total", shows(() => Math.floor(totals.inletLitres))],
    ["outlet/total", shows(() => totals.outletLitres / 1000)],
    ["section-2/imbalance", shows(imbalance)],
    ["section-2/leak-suspected", shows(() => totals.imbalanceSeconds > 5)],
  ];
}

function valveEntries(valve: Valve): Entry[] {
  const { name } = valve;
  return [
    [
      `${name}/command`,
      takes(
        () => valve.command,
        (value) => void (valve.command = value),
      ),
    ],
    [`${name}/position`, shows(() => valve.position)],
    [`${name}/state`, shows(() => valve.state)],
    [`${name}/torque`, shows(() => valve.torque)],
    [`${name}/strokes`, shows(() => Math.floor(valve.strokes))],
    [`${name}/travel-time`, shows(() => valve.travelSeconds)],
    [`${name}/open`, shows(() => valve.position >= 99.5)],
    [`${name}/closed`, shows(() => valve.position <= 0.5)],
    [`${name}/moving`, shows(() => valve.moving)],
    [`${name}/fault`, shows(() => valve.stuck && valve.position !== valve.command)],
  ];
}

function pumpEntries(pump: Pump): Entry[] {
  const { name } = pump;
  return [
    [
      `${name}/run`,
      switches(
        () => pump.run,
        (on) => void (pump.run = on),
      ),
    ],
    [
      `${name}/reset`,
      switches(
        () => false,
        (on) => void (on && pump.reset()),
      ),
    ],
    [`${name}/running`, shows(() => pump.running)],
    [`${name}/tripped`, shows(() => pump.tripped)],
    [`${name}/speed`, shows(() => pump.speed)],
    [
      `${name}/speed-setpoint`,
      takes(
        () => pump.speedSetpoint,
        (value) => void (pump.speedSetpoint = value),
      ),
    ],
    [`${name}/power`, shows(() => pump.powerKw)],
    [`${name}/current`, shows(() => pump.current)],
    [`${name}/run-time`, shows(() => Math.floor(pump.runSeconds))],
  ];
}

function controllerEntries(controller: Controller): Entry[] {
  const { name } = controller.shape;
  return [
    [
      `${name}/auto`,
      switches(
        () => controller.auto,
        (on) => void (controller.auto = on),
      ),
    ],
    [
      `${name}/setpoint`,
      takes(
        () => controller.setpoint,
        (value) => void (controller.setpoint = value),
      ),
    ],
    [`${name}/output`, shows(() => controller.output)],
  ];
}

function tankEntries(tank: Tank): Entry[] {
  return [
    [`${tank.name}/volume`, shows(() => tank.volume)],
    [`${tank.name}/high`, shows(() => tank.level > 0.9 * tank.height)],
    [`${tank.name}/low`, shows(() => tank.level < 0.1 * tank.height)],
  ];
}

/** Things a person on site turns by hand; no protocol reaches them, incidents and the control door do. */
function localEntries(plant: Plant): Entry[] {
  const { pipeline } = plant;
  return [
    [
      "leak/opening",
      takes(
        () => pipeline.leakOpening,
        (value) => void (pipeline.leakOpening = value),
      ),
    ],
    [
      "supply/opening",
      takes(
        () => pipeline.supplyOpening,
        (value) => void (pipeline.supplyOpening = value),
      ),
    ],
    [
      "t-1/drain",
      takes(
        () => pipeline.drainOpening,
        (value) => void (pipeline.drainOpening = value),
      ),
    ],
    [
      "p-1/trip",
      switches(
        () => false,
        (on) => void (on && pipeline.p1.trip()),
      ),
    ],
    [
      "p-2/trip",
      switches(
        () => false,
        (on) => void (on && pipeline.p2.trip()),
      ),
    ],
    ["leak/flow", shows(() => pipeline.leak * lpm)],
    ["supply/flow", shows(() => pipeline.supply * lpm)],
    ["demand/flow", shows(() => pipeline.demand * lpm)],
  ];
}

function airHandlerEntries(plant: Plant): Entry[] {
  const unit = plant.airHandler;
  const { temperatureLoop, pressureLoop } = unit;
  return [
    [
      "ahu-1/run",
      switches(
        () => unit.run,
        (on) => void (unit.run = on),
      ),
    ],
    ["ahu-1/fan-speed", shows(() => unit.fanSpeed)],
    [
      "ahu-1/supply-setpoint",
      takes(
        () => temperatureLoop.setpoint,
        (value) => void (temperatureLoop.setpoint = value),
      ),
    ],
    [
      "ahu-1/pressure-setpoint",
      takes(
        () => pressureLoop.setpoint,
        (value) => void (pressureLoop.setpoint = value),
      ),
    ],
    [
      "ahu-1/outside-air",
      takes(
        () => unit.outsideAir,
        (value) => void (unit.outsideAir = value),
      ),
    ],
    ["ahu-1/heating-valve", shows(() => unit.heatingValve)],
    ["ahu-1/cooling-valve", shows(() => unit.coolingValve)],
    ["ahu-1/filter-pressure", shows(() => unit.filterPascal)],
    ["ahu-1/frost", shows(() => unit.frost)],
  ];
}

function zoneEntries(zone: Zone): Entry[] {
  const { name } = zone.shape;
  return [
    [
      `${name}/setpoint`,
      takes(
        () => zone.setpoint,
        (value) => void (zone.setpoint = value),
      ),
    ],
    [`${name}/damper`, shows(() => zone.damper)],
    [
      `${name}/damper-command`,
      takes(
        () => zone.damperCommand,
        (value) => void (zone.damperCommand = value),
      ),
    ],
    [
      `${name}/auto`,
      switches(
        () => zone.auto,
        (on) => void (zone.auto = on),
      ),
    ],
    [`${name}/reheat`, shows(() => zone.reheat)],
    [`${name}/airflow`, shows(() => zone.airflow)],
    [`${name}/people`, shows(() => zone.people)],
    [`${name}/occupied`, shows(() => zone.people > 0)],
  ];
}

function robotEntries(robot: Robot): Entry[] {
  const { name } = robot.shape;
  return [
    [`${name}/latitude`, shows(() => robot.latitude)],
    [`${name}/longitude`, shows(() => robot.longitude)],
    [`${name}/altitude`, shows(() => robot.altitude)],
    [`${name}/battery`, shows(() => robot.battery)],
    [`${name}/speed`, shows(() => robot.speed)],
    [`${name}/mode`, shows(() => robot.mode)],
  ];
}
