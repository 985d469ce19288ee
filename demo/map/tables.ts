import { bacnetDevices, shownName, trunkNetwork } from "../bacnet/map.ts";
import { faultShapes } from "../faults/fault.ts";
import { incidents } from "../incidents/all.ts";
import { modbusDevices } from "./modbus-devices.ts";
import type { ModbusPoint } from "./modbus-map.ts";
import { mqttDevices } from "./mqtt-devices.ts";
import { topicsOf } from "./mqtt-map.ts";
import { ros2Robots, rootOf } from "../ros2/map.ts";

/** The parts of README.md that are made from the tables the servers use, by the name of their place there. */
export function readmeTables(): Readonly<Record<string, string>> {
  return {
    modbus: modbusTables(),
    mqtt: mqttTables(),
    ros2: ros2Table(),
    bacnet: bacnetTables(),
    faults: faultTable(),
    incidents: incidentTables(),
  };
}

function modbusTables(): string {
  return modbusDevices
    .map((device) => {
      const remarks = [
        device.maxReadRegisters === undefined ? "" : ` Reads of more than ${device.maxReadRegisters} registers are refused.`,
        ...(device.holes ?? []).map((hole) => ` Addresses ${hole.from} to ${hole.to} of the ${hole.table} table are refused.`),
      ].join("");
      const rows = device.points.map((point) => [
        point.point,
        placeOf(point),
        typeOf(point),
        unitOf(point),
        rangeOf(point),
        accessOf(point),
        titleOf(point),
      ]);
      return `#### Unit ${device.unitId}: \`${device.device}\`\n\n${device.title}, ${device.area}, a ${device.product}.${remarks}\n\n${table(["point", "place", "type", "unit", "range", "access", "what"], rows)}`;
    })
    .join("\n\n");
}

function placeOf(point: ModbusPoint): string {
  return `${point.table} ${point.address}${point.bit === undefined ? "" : `.${point.bit}`}`;
}

function typeOf(point: ModbusPoint): string {
  const size = point.length === undefined ? "" : ` of ${point.length} registers`;
  const order = ["u16", "s16", "bcd16", "bit", "string"].includes(point.type) ? "" : ` ${point.order ?? "abcd"}`;
  return `${point.type}${size}${order}${point.scale === undefined ? "" : ` × ${point.scale}`}`;
}

function unitOf(shown: { unit?: string }): string {
  return shown.unit ?? "";
}

function rangeOf(shown: { range?: readonly [number, number] }): string {
  return shown.range === undefined ? "" : `${shown.range[0]} to ${shown.range[1]}`;
}

function accessOf(point: ModbusPoint): string {
  if (point.writable !== true) return "read";
  return point.momentary === true ? "pulse" : "write";
}

function titleOf(point: ModbusPoint): string {
  const states = point.states === undefined ? "" : ` (${point.states.map((state, index) => `${index} ${state}`).join(", ")})`;
  return `${point.title}${states}`;
}

function mqttTables(): string {
  const devices = mqttDevices.map((device) => [
    device.device,
    `\`${topicsOf(device).telemetry}\``,
    device.title,
    `${device.periodMs / 1000} s`,
    String(device.qos),
    `\`${device.time.path}\`, ${device.time.format}`,
    `\`${device.sequence.path}\``,
  ]);
  const fields = mqttDevices.flatMap((device) => [
    ...device.telemetry.map((field) => [field.point, "telemetry", `\`${field.path}\``, unitOf(field), rangeOf(field), field.title]),
    ...device.commands.map((field) => [field.point, "command, state", `\`${field.path}\``, unitOf(field), rangeOf(field), field.title]),
  ]);
  return `${table(["device", "telemetry topic", "what", "every", "QoS", "time", "counter"], devices)}\n\n${table(["point", "topic", "path", "unit", "range", "what"], fields)}`;
}

function ros2Table(): string {
  const rows = ros2Robots.flatMap(({ device, points }) =>
    points.map(({ point, field, unit, range, states, scale, title }) => [
      point,
      `\`${rootOf(device)}/telemetry\``,
      `\`${field}\`${scale === undefined ? "" : ` × ${scale}`}`,
      unit ?? "",
      range === undefined ? "" : `${range[0]} to ${range[1]}`,
      `${title}${states === undefined ? "" : `: ${states.map((name, value) => `${value} ${name}`).join(", ")}`}`,
    ]),
  );
  return table(["point", "topic", "field", "unit", "range", "what"], rows);
}

function bacnetTables(): string {
  const devices = bacnetDevices.map(({ device, title, instance, where }) => [
    device,
    String(instance),
    where === "ip" ? "IP" : `network ${trunkNetwork}, station ${where.station}`,
    title,
  ]);
  // The boxes are alike.
  const shown = bacnetDevices.filter(({ device }) => !/^vav-[^1]/.test(device));
  const points = shown.flatMap(({ device, points }) =>
    points.map((point) => [
      `${device}/${shownName(point.point)}`,
      point.object,
      point.unit ?? "",
      point.limits === undefined ? "" : `${point.limits.low} to ${point.limits.high}`,
      point.commandable === true ? "sixteen slots" : "read",
      point.logEverySeconds === undefined ? "" : `${point.logEverySeconds} s`,
      `${point.title}${point.states === undefined ? "" : ` (0 ${point.states[0]}, 1 ${point.states[1]})`}`,
    ]),
  );
  return `${table(["device", "instance", "where", "what"], devices)}\n\n${table(["point", "object", "unit", "range", "access", "log", "what"], points)}`;
}

function faultTable(): string {
  const settings = (shape: Readonly<Record<string, number>>): string =>
    Object.entries(shape)
      .map(([name, value]) => `\`${name}\` ${value}`)
      .join(", ");
  return table(
    ["kind", "put on", "settings", "what"],
    Object.entries(faultShapes).map(([kind, shape]) => [kind, shape.scope, settings(shape.settings), shape.what]),
  );
}

function incidentTables(): string {
  return incidents
    .map((incident) => {
      const rows = incident.steps.map((step) => [`${step.at} s`, step.says]);
      return `#### ${incident.name}\n\n${incident.title}; ${incident.seconds} s.\n\n${table(["at", "what happens"], rows)}`;
    })
    .join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
