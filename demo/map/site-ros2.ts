import { ros2Link, ros2SiteDevices } from "../ros2/adapter-config.ts";

/** The robots of the demo plant, as an adapter of the site file. */
export function ros2Adapter(): Record<string, unknown> {
  return {
    id: "robots",
    protocol: "ros2",
    title: "Robots on ROS 2",
    ...ros2Link("${DEMO_ROS2_DOMAIN:-0}"),
    poll: "never",
    devices: ros2SiteDevices.map(({ id, title, area, options, points }) => ({
      id,
      title,
      area,
      ...options,
      points: points.map((point) => ({ ...point, staleAfter: "3s" })),
    })),
  };
}
