import type { AdapterConfig } from "#src/contract/adapter.ts";
import type { Open } from "../kit/first-use.ts";
import { withDefaults } from "../kit/schema-problems.ts";
import { LineConnection } from "./connection.ts";
import { dialLine } from "./dial.ts";
import { linkSchema, type DeviceOptions, type Link, type LinkOptions } from "./index.ts";

/** One attempt to open the line; everything that talks is imported from here, and nothing of it by `index.ts`. */
export const open: Open<AdapterConfig<LinkOptions, DeviceOptions>> = async (config, env, signal) => {
  const link = withDefaults<Link>(linkSchema, config.link);
  const stations = new Map(config.devices.map((device) => [device.id, device.options.station]));
  return new LineConnection(await dialLine(link, env, signal), stations, link.timeoutMs, env);
};
