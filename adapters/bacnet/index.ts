import type { AdapterModule } from "#src/contract/adapter.ts";
import type { ExposerModule } from "#src/contract/exposer.ts";
import { opensWith, servesWith } from "../kit/first-use.ts";
import { check } from "./check.ts";
import { adminMethods, deviceSchema, linkSchema } from "./config.ts";
import { checkServer, serverSchema } from "./server/config.ts";

const server: ExposerModule<typeof serverSchema> = {
  options: serverSchema,
  check: checkServer,
  describes: ({ points }) => points.map(({ point }) => point),
  create: servesWith(() => import("./server/index.ts")),
};

/** BACnet/IP: devices of buildings, found, read, listened to, commanded. */
export const bacnetAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "bacnet",
  title: "BACnet/IP",
  link: linkSchema,
  device: deviceSchema,
  check,
  importFile: async (texts) => (await import("./discovery/import-file.ts")).importFile(texts),
  adminMethods,
  server: server as unknown as ExposerModule,
  create: opensWith(() => import("./open.ts")),
};
