import type { Remark } from "#src/contract/adapter.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Link } from "../config.ts";

/** Options that only our own core takes; the other transport leaves them to the configuration of its middleware. */
const ownOptions = ["interfaces", "peers", "allowedSubnets"] as const;

/** Which transport runs on this machine and why, and what of the options it leaves alone. */
export async function transportRemarks(link: Link, distribution = process.env.ROS_DISTRO): Promise<Remark[]> {
  if (link.transport === "rtps") {
    const other = distribution === undefined ? "" : `; ROS 2 ${distribution} is sourced here, transport: rcl would use it`;
    return [{ state: "well", says: `transport rtps, our own core: the site file asks for no other and it needs no ROS${other}` }];
  }
  if (distribution === undefined) {
    return [
      { state: "wrong", says: "transport rcl cannot run: no ROS 2 is sourced here (ROS_DISTRO is not set); transport rtps needs none" },
    ];
  }
  try {
    const name = "rclnodejs";
    await import(name);
  } catch (error) {
    const says = `transport rcl cannot run: rclnodejs cannot be loaded (${messageOf(error)}); transport rtps needs no ROS`;
    return [{ state: "wrong", says }];
  }
  const middleware = process.env.RMW_IMPLEMENTATION ?? "the default middleware";
  const left = ownOptions.filter((option) => (link[option]?.length ?? 0) > 0);
  const runs: Remark = {
    state: "well",
    says: `transport rcl: the site file asks for it, ROS 2 ${distribution} is sourced, with ${middleware}`,
  };
  if (left.length === 0) return [runs];
  const says = `${left.join(", ")} have no effect with transport rcl: the middleware has a configuration of its own`;
  return [runs, { state: "worth a look", says }];
}
