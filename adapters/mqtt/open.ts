import type { AdapterConfig } from "#src/contract/adapter.ts";
import type { Open } from "../kit/first-use.ts";
import { linkOf, type DeviceOptions, type LinkOptions } from "./config.ts";
import { MqttConnection } from "./connection.ts";
import { Devices } from "./devices.ts";
import { dial } from "./dial.ts";
import { EventFeed } from "./event-feed.ts";
import { Inbox } from "./inbox.ts";

/** One session with the broker, and the devices that are heard through it. */
export const open: Open<AdapterConfig<LinkOptions, DeviceOptions>> = async (config, env, signal) => {
  const given = linkOf(config.link);
  // Whoever only looks around must not throw the running gateway off the broker, nor leave a session behind.
  const isVisitor = config.devices.length === 0;
  const link = isVisitor ? { ...given, session: "clean" as const } : given;
  const clientId = `${given.clientId ?? `plainview-${config.id}`}${isVisitor ? "-visitor" : ""}`;
  const feed = new EventFeed();
  // Made anew for each link: whether a device is there, and what it numbered last, may have changed meanwhile.
  const parts = { longest: link.maxMessageBytes, time: env.time, tell: feed.tell };
  const devices = new Devices(config.devices, link, parts);
  const inbox = new Inbox(devices.all);
  const session = await dial(link, clientId, env, signal, (message) => inbox.receive(message));
  return new MqttConnection({ session, devices, inbox, feed, link, env });
};
