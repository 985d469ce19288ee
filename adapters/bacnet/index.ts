import type { AdapterModule } from "#src/contract/adapter.ts";
import type { ExposerModule } from "#src/contract/exposer.ts";
import { check } from "./check.ts";
import { adminMethods, deviceSchema, linkSchema } from "./config.ts";
import { importFile } from "./discovery/import-file.ts";
import { dial } from "./dial.ts";
import { BacnetServer, checkServer, serverSchema } from "./server/index.ts";

const server: ExposerModule<typeof serverSchema> = {
  options: serverSchema,
  check: checkServer,
  create: (options, { plant, latest }, env) => new BacnetServer(options, () => plant, latest, env),
};

/** BACnet/IP: devices of buildings, found, read, listened to, commanded. */
export const bacnetAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "bacnet",
  title: "BACnet/IP",
  link: linkSchema,
  device: deviceSchema,
  check,
  importFile,
  adminMethods,
  server: server as unknown as ExposerModule,
  create: (config, env) => ({ connect: (signal) => dial(config, env, signal) }),
};
