import { connect, createServer, type Socket } from "node:net";

/** A door in front of a server that is not ours to stop: while it is shut nobody gets through, and who was through is cut off. */
export interface Relay {
  readonly port: number;
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

export async function relayTo(to: { readonly host: string; readonly port: number }): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = createServer((inner) => {
    if (isShut) return void inner.destroy();
    const outer = connect(to.port, to.host);
    for (const socket of [inner, outer]) keep(socket);
    inner.once("close", () => outer.destroy());
    outer.once("close", () => inner.destroy());
    inner.pipe(outer);
    outer.pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => void socket.destroy());
  return {
    port: (server.address() as { port: number }).port,
    shut() {
      isShut = true;
      cut();
    },
    open: () => void (isShut = false),
    close() {
      isShut = true;
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
