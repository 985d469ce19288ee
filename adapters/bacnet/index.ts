import type { AdapterModule } from "#src/contract/adapter.ts";
import { check } from "./check.ts";
import { deviceSchema, linkSchema } from "./config.ts";
import { dial } from "./dial.ts";

/** BACnet/IP: devices of buildings, found, read, listened to, commanded. */
export const bacnetAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "bacnet",
  title: "BACnet/IP",
  link: linkSchema,
  device: deviceSchema,
  check,
  create: (config, env) => ({ connect: (signal) => dial(config, env, signal) }),
};
