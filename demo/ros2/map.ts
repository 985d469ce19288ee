/** What one robot of the site shows and takes over ROS 2. */
export interface Ros2RobotMap {
  /** The name of the robot in the model, and of the device. */
  device: string;
  title: string;
  area: string;
  /** Wall time between two telemetry messages. */
  periodMs: number;
  commands: readonly string[];
  points: readonly Ros2Point[];
}

export interface Ros2Point {
  point: string;
  title: string;
  /** The field of plainview_msgs/Telemetry. */
  field: string;
  unit?: string;
  range?: readonly [number, number];
  /** Names of the values 0, 1, 2, … */
  states?: readonly string[];
  scale?: number;
}

/** The two robots of the demo plant. */
export const ros2Robots: readonly Ros2RobotMap[] = [
  robot("roustabout-01", "Robot on wheels", "north-field"),
  robot("rigsight-01", "Flying inspector", "south-field"),
];

function robot(device: string, title: string, area: string): Ros2RobotMap {
  const point = (name: string, what: string, field: string, more: Partial<Ros2Point> = {}): Ros2Point => ({
    point: `${device}/${name}`,
    title: what,
    field,
    ...more,
  });
  return {
    device,
    title,
    area,
    periodMs: 500,
    commands: ["hold", "resume", "goto"],
    points: [
      point("latitude", "Latitude, WGS 84", "latitude", { unit: "deg", range: [-90, 90] }),
      point("longitude", "Longitude, WGS 84", "longitude", { unit: "deg", range: [-180, 180] }),
      point("altitude", "Altitude", "altitude", { unit: "m", range: [-500, 10_000] }),
      point("battery", "Battery", "battery", { unit: "%", range: [0, 100] }),
      point("motor-temperature", "Motor temperature", "sensor_readings[0]", { unit: "Cel", range: [-40, 150], scale: 0.1 }),
      point("current", "Motor current", "sensor_readings[1]", { unit: "mA" }),
      point("distance", "Distance to the dock", "sensor_readings[2]", { unit: "m", scale: 0.01 }),
      point("mode", "What it is doing", "sensor_readings[3]", { states: ["patrol", "hold", "goto", "returning", "charging"] }),
    ],
  };
}

/** A ROS name cannot hold a hyphen. */
export function rootOf(device: string): string {
  return `/devices/${device.replaceAll("-", "_")}`;
}
