import { describe, expect, test } from "vitest";
import { linkOf } from "../config.ts";
import { transportRemarks } from "./remarks.ts";

describe("which transport runs, and why", () => {
  test("our own core needs nothing, and says so where ROS is sourced too", async () => {
    expect(await transportRemarks(linkOf({}), undefined)).toMatchObject([{ state: "well" }]);
    const [remark] = await transportRemarks(linkOf({}), "jazzy");
    expect(remark).toMatchObject({ state: "well", says: expect.stringContaining("ROS 2 jazzy is sourced here") as string });
  });

  test("rcl without a sourced ROS is wrong, with what would help", async () => {
    const [remark] = await transportRemarks(linkOf({ transport: "rcl" }), undefined);
    expect(remark).toMatchObject({ state: "wrong", says: expect.stringMatching(/ROS_DISTRO.*transport rtps needs none/) as string });
  });
});
