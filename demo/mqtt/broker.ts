import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Aedes, type PublishPacket, type PubrelPacket } from "aedes";
import type { DeviceLog } from "../log/device-log.ts";

export interface Broker {
  readonly port: number;
  /** Cuts every connection and refuses new ones; sessions and retained messages stay. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  port: number;
  host: string;
  /** What the broker delivered to someone with QoS 1 or 2 and saw acknowledged. */
  log: DeviceLog;
}

/** An MQTT 3.1.1 broker of our own on loopback. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, log } = options;
  const aedes = await Aedes.createBroker({ queueLimit: 10_000 });
  // A client that breaks the protocol loses its connection, which the broker has then done already.
  aedes.on("clientError", () => undefined);
  aedes.on("connectionError", () => undefined);
  aedes.on("ack", (packet: PublishPacket | PubrelPacket | undefined, client) => {
    // The broker remembers what it sent only for sessions that are kept.
    if (packet === undefined || !("topic" in packet)) return;
    log.delivered(client.id, packet.topic, String(packet.payload));
  });
  const sockets = new Set<Socket>();
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      aedes.handle(socket);
    });
    server.listen(port, host);
    await once(server, "listening");
    return server;
  };
  let server: Server | null = await listen(options.port);
  const { port } = server.address() as AddressInfo;
  const unplug = async (): Promise<void> => {
    const open = server;
    server = null;
    if (open === null) return;
    const closed = once(open, "close");
    open.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    unplug,
    async plug() {
      server ??= await listen(port);
    },
    async close() {
      await unplug();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}
