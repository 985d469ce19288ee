import type { AdapterModule } from "#src/contract/adapter.ts";
import { opensWith } from "../kit/first-use.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkSchema } from "./config.ts";

/** Plain MQTT: devices that publish JSON or text to a broker. */
export const mqttAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "mqtt",
  title: "MQTT 3.1.1 and 5, JSON or plain payloads",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  create: opensWith(() => import("./open.ts")),
};
