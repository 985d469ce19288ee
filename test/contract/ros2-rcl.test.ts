import { expect, test } from "vitest";
import { rosMissing } from "#adapters/ros2/peers/ros-library.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { describeAdapterContract } from "./adapter-contract.ts";
import { ros2Contract } from "./peers/ros2-robots.ts";

const missing = await rosMissing();
const contract = ros2Contract("rcl");

if (missing === undefined) describeAdapterContract(contract);
else {
  console.log(`the adapter contract over rclnodejs: left out, ${missing}`);

  test("without ROS 2 the transport rcl says what it needs and which one needs nothing", async () => {
    const { config, close } = await contract.open();
    await expect(contract.module.create(config, realEnv()).connect(AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: "not-supported",
      message: expect.stringMatching(/ROS_DISTRO|rclnodejs.*transport rtps needs no/) as string,
    });
    await close();
  });
}
