import { bacnetDevices } from "../bacnet/map.ts";

/** A device whose protocol is started beside the site; its points by the names of the model. */
export interface ExposedDeviceMap {
  id: string;
  area: string;
  protocol: "bacnet" | "ros2";
  points: readonly string[];
}

const robotPoints = ["latitude", "longitude", "altitude", "battery", "speed", "mode"] as const;

export const exposedDevices: readonly ExposedDeviceMap[] = [
  ...bacnetDevices.map(({ device, area, points }): ExposedDeviceMap => ({
    id: device,
    area,
    protocol: "bacnet",
    points: points.map(({ point }) => point),
  })),
  ...["roustabout-01", "rigsight-01"].map((robot): ExposedDeviceMap => ({
    id: robot,
    area: robot === "roustabout-01" ? "north-field" : "south-field",
    protocol: "ros2",
    points: robotPoints.map((point) => `${robot}/${point}`),
  })),
];
