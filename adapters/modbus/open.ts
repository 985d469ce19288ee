import type { AdapterConfig } from "#src/contract/adapter.ts";
import type { Open } from "../kit/first-use.ts";
import { linkOf, type DeviceOptions, type LinkOptions } from "./config.ts";
import { ModbusConnection } from "./connection.ts";
import { devicesOf } from "./device.ts";
import { dial } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import { RtuFraming } from "./framing-rtu.ts";
import { TcpFraming } from "./framing-tcp.ts";
import { silenceMs } from "./serial.ts";

/** One attempt to open the link, over whatever carries its bytes. */
export const open: Open<AdapterConfig<LinkOptions, DeviceOptions>> = async (config, env, signal) => {
  const link = linkOf(config.link);
  const stream = await dial(link, env, signal);
  const exchange = new Exchange(
    stream,
    (listener) => (link.transport === "tcp" ? new TcpFraming(listener) : new RtuFraming(listener, link.echo)),
    env,
    { ...link, gapMs: link.transport === "serial" ? silenceMs(link.baudRate) : 0 },
  );
  // Devices are made anew for each link: what was learned about one may be out of date after it was away.
  return new ModbusConnection(exchange, devicesOf(config, link), link);
};
