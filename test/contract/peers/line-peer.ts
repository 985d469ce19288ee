import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { Value } from "#msgs/point.ts";
import type { Misbehaviour } from "./modbus-peer.ts";

/** The other end of the template's made-up protocol. */
export class LinePeer {
  readonly values = new Map<string, Value>();
  readonly writes: { name: string; value: Value }[] = [];
  readonly dead = new Set<string>();
  readonly readOnly = new Set<string>();
  private readonly sockets = new Set<Socket>();
  private how: Misbehaviour = "well";
  private server: Server | undefined;
  private boundPort = 0;

  get port(): number {
    return this.boundPort;
  }

  behave(how: Misbehaviour): void {
    this.how = how;
  }

  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async leave(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.cut();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async comeBack(): Promise<void> {
    this.server = createServer((socket) => this.serve(socket));
    this.server.listen(this.boundPort, "127.0.0.1");
    await once(this.server, "listening");
    this.boundPort = (this.server.address() as { port: number }).port;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    let half = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (half + text).split("\n");
      half = lines.pop()!;
      for (const line of lines) this.line(socket, line);
    });
  }

  private line(socket: Socket, line: string): void {
    const { how } = this;
    if (how === "frozen") return;
    if (how === "garbage") return void socket.write("\u0007~~ what? ~~\n");
    const [number, what, station, name, ...rest] = line.split(" ");
    if (this.dead.has(station!)) return;
    const answer = what === "get" ? this.get(`${station}/${name}`) : this.set(`${station}/${name}`, JSON.parse(rest.join(" ")) as Value);
    const send = () => void (socket.destroyed || socket.write(`${number} ${answer}\n`));
    if (how === "well") send();
    else setTimeout(send, how.slowMs);
  }

  private get(name: string): string {
    const value = this.values.get(name);
    return value === undefined ? "?" : `= ${JSON.stringify(value)}`;
  }

  private set(name: string, value: Value): string {
    if (!this.values.has(name)) return "?";
    if (this.readOnly.has(name)) return "! read-only";
    this.values.set(name, value);
    this.writes.push({ name, value });
    return "=";
  }
}
