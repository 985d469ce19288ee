import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ModbusConnection, type ServerCounters } from "./connection.ts";
import type { ModbusUnit } from "./unit.ts";

export interface ModbusServerOptions {
  /** 0 chooses a free port. */
  port: number;
  host?: string;
  units: ReadonlyMap<number, ModbusUnit>;
}

export interface ModbusServer {
  readonly port: number;
  readonly counters: Readonly<ServerCounters>;
  /** Unplugs the network: every connection is cut and new ones are refused, until `plug`. */
  unplug(): Promise<void>;
  /** Listens again, on the port it had. */
  plug(): Promise<void>;
  close(): Promise<void>;
}

/** A Modbus TCP server with many unit ids behind one socket. */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const host = options.host ?? "127.0.0.1";
  const counters: ServerCounters = { connections: 0, requests: 0, answers: 0, exceptions: 0, dropped: 0, malformed: 0 };
  const sockets = new Set<Socket>();
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((socket) => {
      counters.connections++;
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      new ModbusConnection(socket, options.units, counters);
    });
    server.listen(port, host);
    await once(server, "listening");
    return server;
  };
  const shut = async (server: Server): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  let server: Server | null = await listen(options.port);
  const { port } = server.address() as AddressInfo;
  const unplug = async (): Promise<void> => {
    const open = server;
    server = null;
    if (open !== null) await shut(open);
  };
  const plug = async (): Promise<void> => {
    server ??= await listen(port);
  };
  return { port, counters, unplug, plug, close: unplug };
}
