/** A point of the model as a BACnet object of a device. */
export interface BacnetPoint {
  point: string;
  /** `analog-input:1`. An output or value that is commandable has sixteen slots. */
  object: string;
  title: string;
  /** UCUM; the object carries the BACnet unit that means the same. */
  unit?: string;
  limits?: { low: number; high: number };
  covIncrement?: number;
  states?: readonly [string, string];
  commandable?: true;
  /** Seconds an output stays on or off once it has turned. */
  minimum?: { onSeconds: number; offSeconds: number };
  /** Outside of these the device raises an event by itself. */
  alarm?: { low?: number; high?: number; deadband: number; message: string };
  /** Logged by the device, every so many seconds. */
  logEverySeconds?: number;
}

export interface BacnetDeviceMap {
  device: string;
  title: string;
  instance: number;
  area: string;
  /** On the IP network, or behind the router on its MS/TP trunk with this station number. */
  where: "ip" | { station: number };
  points: readonly BacnetPoint[];
}

/**
 * A point's name behind its device: `setpoint` of vav-1 for `zone-1/setpoint` of the model. The room units on MQTT go by the
 * zones' names, so that a gateway calls a box's points after the box.
 */
export function shownName(point: string): string {
  return point.slice(point.indexOf("/") + 1);
}

/** The number of the network behind the router. */
export const trunkNetwork = 2001;

const percent = { unit: "%", limits: { low: 0, high: 100 }, covIncrement: 1 };
const celsius = { unit: "Cel", covIncrement: 0.1 };

const airHandler: BacnetDeviceMap = {
  device: "ahu-1",
  title: "Air-handling unit of the hall",
  instance: 2001,
  area: "hall",
  where: "ip",
  points: [
    {
      point: "ahu-1/run",
      object: "binary-output:1",
      title: "Fan and coils enabled",
      states: ["stopped", "running"],
      commandable: true,
      minimum: { onSeconds: 5, offSeconds: 5 },
    },
    { point: "ahu-1/fan-speed", object: "analog-input:1", title: "Fan speed", ...percent, logEverySeconds: 10 },
    {
      point: "ahu-1/supply-temperature",
      object: "analog-input:2",
      title: "Supply air temperature",
      ...celsius,
      alarm: { low: 8, high: 32, deadband: 1, message: "supply air out of range" },
      logEverySeconds: 10,
    },
    { point: "ahu-1/return-temperature", object: "analog-input:3", title: "Return air temperature", ...celsius, logEverySeconds: 10 },
    { point: "ahu-1/duct-pressure", object: "analog-input:4", title: "Duct pressure", unit: "Pa", covIncrement: 5 },
    { point: "ahu-1/filter-pressure", object: "analog-input:5", title: "Pressure drop over the filter", unit: "Pa", covIncrement: 2 },
    { point: "ahu-1/heating-valve", object: "analog-input:6", title: "Heating valve", ...percent },
    { point: "ahu-1/cooling-valve", object: "analog-input:7", title: "Cooling valve", ...percent },
    { point: "ahu-1/frost", object: "binary-input:1", title: "Frost protection", states: ["normal", "frost"] },
    {
      point: "ahu-1/supply-setpoint",
      object: "analog-value:1",
      title: "Supply air set-point",
      unit: "Cel",
      limits: { low: 10, high: 28 },
      covIncrement: 0.1,
      commandable: true,
    },
    {
      point: "ahu-1/pressure-setpoint",
      object: "analog-value:2",
      title: "Duct pressure set-point",
      unit: "Pa",
      limits: { low: 50, high: 500 },
      covIncrement: 1,
      commandable: true,
    },
    { point: "ahu-1/outside-air", object: "analog-output:1", title: "Outside air damper", ...percent, commandable: true },
  ],
};

function vav(number: number): BacnetDeviceMap {
  const zone = `zone-${number}`;
  return {
    device: `vav-${number}`,
    title: `VAV box of zone ${number}`,
    instance: 2010 + number,
    area: "hall",
    // Two boxes have Ethernet, two hang on a trunk behind a router, as they do in buildings that grew.
    where: number <= 2 ? "ip" : { station: number },
    points: [
      {
        point: `${zone}/temperature`,
        object: "analog-input:1",
        title: "Room temperature",
        ...celsius,
        alarm: { low: 15, high: 30, deadband: 0.5, message: "room out of range" },
        logEverySeconds: 30,
      },
      { point: `${zone}/airflow`, object: "analog-input:2", title: "Supply airflow", unit: "m3/s", covIncrement: 0.01 },
      { point: `${zone}/reheat`, object: "analog-input:3", title: "Reheat valve", ...percent },
      { point: `${zone}/people`, object: "analog-input:4", title: "People in the room", unit: "1", covIncrement: 1 },
      { point: `${zone}/damper`, object: "analog-input:5", title: "Damper position", ...percent },
      {
        point: `${zone}/setpoint`,
        object: "analog-value:1",
        title: "Room set-point",
        unit: "Cel",
        limits: { low: 12, high: 30 },
        covIncrement: 0.1,
        commandable: true,
      },
      { point: `${zone}/damper-command`, object: "analog-output:1", title: "Damper command, in manual", ...percent, commandable: true },
      {
        point: `${zone}/auto`,
        object: "binary-value:1",
        title: "Controller in automatic",
        states: ["manual", "automatic"],
        commandable: true,
      },
    ],
  };
}

export const bacnetDevices: readonly BacnetDeviceMap[] = [airHandler, vav(1), vav(2), vav(3), vav(4)];
