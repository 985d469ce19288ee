/** A device of the model that no protocol shows yet: its adapter's issue adds the wire. */
export interface UnwiredDeviceMap {
  id: string;
  area: string;
  title: string;
  /** The protocol it is meant for. */
  meantFor: "bacnet" | "ros2";
  points: readonly string[];
}

function named(device: string, points: readonly string[]): string[] {
  return points.map((point) => `${device}/${point}`);
}

export const unwiredDevices: readonly UnwiredDeviceMap[] = [
  {
    id: "ahu-1",
    area: "hall",
    title: "Air-handling unit of the hall",
    meantFor: "bacnet",
    points: named("ahu-1", [
      "run",
      "fan-speed",
      "supply-temperature",
      "return-temperature",
      "duct-pressure",
      "supply-setpoint",
      "pressure-setpoint",
      "outside-air",
      "heating-valve",
      "cooling-valve",
      "filter-pressure",
      "frost",
    ]),
  },
  ...["1", "2", "3", "4"].map((number): UnwiredDeviceMap => ({
    id: `vav-${number}`,
    area: "hall",
    title: `VAV box of zone-${number}`,
    meantFor: "bacnet",
    points: named(`zone-${number}`, ["temperature", "setpoint", "damper", "damper-command", "auto", "reheat", "airflow", "people"]),
  })),
  ...["roustabout-01", "rigsight-01"].map((robot): UnwiredDeviceMap => ({
    id: robot,
    area: robot === "roustabout-01" ? "north-field" : "south-field",
    title: robot === "roustabout-01" ? "Robot on wheels" : "Flying inspector",
    meantFor: "ros2",
    points: named(robot, ["latitude", "longitude", "altitude", "battery", "speed", "mode"]),
  })),
];
