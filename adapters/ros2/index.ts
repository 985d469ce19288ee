import type { AdapterModule } from "#src/contract/adapter.ts";
import { givenUp } from "../kit/abort.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkOf, linkSchema } from "./config.ts";
import { Ros2Connection } from "./connection.ts";
import { devicesOf } from "./device.ts";
import { openTransport } from "./transport/open.ts";
import { transportRemarks } from "./transport/remarks.ts";
import { TypeBook } from "./transport/type-book.ts";
import { typesFor } from "./type-room.ts";

/** ROS 2 robots and nodes, with or without a ROS installation. */
export const ros2Adapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "ros2",
  title: "ROS 2 over DDS",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  remarks: (link) => transportRemarks(linkOf(link)),
  create(config, env) {
    const link = linkOf(config.link);
    const types = new TypeBook(typesFor(link.types));
    const devices = devicesOf(config);
    return {
      async connect(signal) {
        if (signal.aborted) throw givenUp(signal, `joining domain ${link.domain}`);
        const transport = await openTransport(link, env, types);
        if (!signal.aborted) return new Ros2Connection(transport, devices, types.registry, link, env);
        await transport.close();
        throw givenUp(signal, `joining domain ${link.domain}`);
      },
    };
  },
};
