import type { AdapterModule } from "#src/contract/adapter.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkOf, linkSchema } from "./config.ts";
import { MqttConnection } from "./connection.ts";
import { Devices } from "./devices.ts";
import { dial } from "./dial.ts";
import { EventFeed } from "./event-feed.ts";
import { Inbox } from "./inbox.ts";

/** Plain MQTT: devices that publish JSON or text to a broker. */
export const mqttAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "mqtt",
  title: "MQTT 3.1.1 and 5, JSON or plain payloads",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  create(config, env) {
    const given = linkOf(config.link);
    // Whoever only looks around must not throw the running gateway off the broker, nor leave a session behind.
    const isVisitor = config.devices.length === 0;
    const link = isVisitor ? { ...given, session: "clean" as const } : given;
    const clientId = `${given.clientId ?? `plainview-${config.id}`}${isVisitor ? "-visitor" : ""}`;
    return {
      async connect(signal) {
        const feed = new EventFeed();
        // Made anew for each link: whether a device is there, and what it numbered last, may have changed meanwhile.
        const parts = { longest: link.maxMessageBytes, time: env.time, tell: feed.tell };
        const devices = new Devices(config.devices, link, parts);
        const inbox = new Inbox(devices.all);
        const session = await dial(link, clientId, env, signal, (message) => inbox.receive(message));
        return new MqttConnection({ session, devices, inbox, feed, link, env });
      },
    };
  },
};
