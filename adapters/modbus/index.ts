import type { AdapterModule } from "#src/contract/adapter.ts";
import type { ExposerModule } from "#src/contract/exposer.ts";
import { checkConfig } from "./check.ts";
import { deviceSchema, linkOf, linkSchema } from "./config.ts";
import { ModbusConnection } from "./connection.ts";
import { devicesOf } from "./device.ts";
import { dial } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import { RtuFraming } from "./framing-rtu.ts";
import { TcpFraming } from "./framing-tcp.ts";
import { silenceMs } from "./serial.ts";
import { ModbusServer, checkServer, serverSchema } from "./server/index.ts";

const server: ExposerModule<typeof serverSchema> = {
  options: serverSchema,
  check: checkServer,
  create: (options, { latest }, env) => new ModbusServer(options, latest, env),
};

/** Modbus TCP, RTU over TCP and serial RTU. */
export const modbusAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "modbus",
  title: "Modbus TCP, RTU over TCP, serial RTU",
  link: linkSchema,
  device: deviceSchema,
  check: checkConfig,
  server: server as unknown as ExposerModule,
  create(config, env) {
    const link = linkOf(config.link);
    return {
      async connect(signal) {
        const stream = await dial(link, env, signal);
        const exchange = new Exchange(
          stream,
          (listener) => (link.transport === "tcp" ? new TcpFraming(listener) : new RtuFraming(listener)),
          env,
          { ...link, gapMs: link.transport === "serial" ? silenceMs(link.baudRate) : 0 },
        );
        // Devices are made anew for each link: what was learned about one may be out of date after it was away.
        return new ModbusConnection(exchange, devicesOf(config, link), link);
      },
    };
  },
};
