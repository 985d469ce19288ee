import type { AdapterModule } from "#src/contract/adapter.ts";
import { opensWith } from "../kit/first-use.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkOf, linkSchema } from "./config.ts";

/** ROS 2 robots and nodes, with or without a ROS installation. */
export const ros2Adapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "ros2",
  title: "ROS 2 over DDS",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  remarks: async (link) => (await import("./transport/remarks.ts")).transportRemarks(linkOf(link)),
  create: opensWith(() => import("./open.ts")),
};
