import type { AdapterModule } from "#src/contract/adapter.ts";
import type { ExposerModule } from "#src/contract/exposer.ts";
import { opensWith, servesWith } from "../kit/first-use.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkSchema } from "./config.ts";
import { checkServer, serverSchema } from "./server/config.ts";

const server: ExposerModule<typeof serverSchema> = {
  options: serverSchema,
  check: checkServer,
  create: servesWith(() => import("./server/index.ts")),
};

/** Modbus TCP, RTU over TCP and serial RTU. */
export const modbusAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "modbus",
  title: "Modbus TCP, RTU over TCP, serial RTU",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  server: server as unknown as ExposerModule,
  create: opensWith(() => import("./open.ts")),
};
