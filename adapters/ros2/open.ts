import type { AdapterConfig } from "#src/contract/adapter.ts";
import { givenUp } from "../kit/abort.ts";
import type { Open } from "../kit/first-use.ts";
import { linkOf, type DeviceOptions, type LinkOptions } from "./config.ts";
import { Ros2Connection } from "./connection.ts";
import { devicesOf } from "./device.ts";
import { openTransport } from "./transport/open.ts";
import { TypeBook } from "./transport/type-book.ts";
import { typesFor } from "./type-room.ts";

/** Joins the domain, with the types of this link and its robots. */
export const open: Open<AdapterConfig<LinkOptions, DeviceOptions>> = async (config, env, signal) => {
  const link = linkOf(config.link);
  const types = new TypeBook(typesFor(link.types));
  const transport = await openTransport(link, env, types);
  if (!signal.aborted) return new Ros2Connection(transport, devicesOf(config), types.registry, link, env);
  await transport.close();
  throw givenUp(signal, `joining domain ${link.domain}`);
};
