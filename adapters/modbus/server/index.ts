import { createServer, type Server, type Socket } from "node:net";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Desk, Principal } from "#src/contract/control.ts";
import type { Exposer } from "#src/contract/exposer.ts";
import type { LatestValues } from "#src/contract/gateway.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Create } from "../../kit/first-use.ts";
import { withDefaults } from "../../kit/schema-problems.ts";
import { answerRequest } from "./answer.ts";
import { serverSchema, type ServerOptions } from "./config.ts";
import { RegisterImage, type Refusal, type WantedWrite } from "./image.ts";

export { checkServer, serverSchema, type ServerOptions } from "./config.ts";

const headerLength = 7;
/** A client that asks and does not read is cut off with this much waiting for it. */
const mostUnread = 1_000_000;

export interface ServerCounters {
  clients: number;
  requests: number;
  refused: number;
  writes: number;
}

export const create: Create<ServerOptions> = (options, { latest }, env) => new ModbusServer(options, latest, env);

/** Shows chosen points to a legacy SCADA as a Modbus TCP server; every write goes to the desk like anybody else's. */
export class ModbusServer implements Exposer {
  readonly counters: ServerCounters = { clients: 0, requests: 0, refused: 0, writes: 0 };
  private readonly options: ServerOptions & { host: string; port: number; priority: number; maxClients: number };
  private readonly env: AdapterEnv;
  private readonly image: RegisterImage;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private desk: Desk | undefined;
  private commands = 0;
  private startedUs = 0;

  /** The options have passed `checkServer`. */
  constructor(options: ServerOptions, latest: LatestValues, env: AdapterEnv) {
    this.options = withDefaults(serverSchema, options);
    this.env = env;
    this.image = new RegisterImage(this.options.points, latest);
  }

  get port(): number {
    const address = this.server?.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** Listens. Values are asked for when a client asks, so nothing is followed on the bus. */
  async start(_bus: unknown, desk: Desk): Promise<void> {
    const { host, port } = this.options;
    this.desk = desk;
    this.startedUs = this.env.time.now();
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const code = cause.code === "EACCES" ? "no-permission" : "port-in-use";
        reject(new GatewayError(code, `the Modbus server could not listen on ${host}:${port}: ${messageOf(cause)}`, { cause }));
      });
      server.listen(port, host, resolve);
    });
    this.server = server;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  private serve(socket: Socket): void {
    const from = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
    const { clients, maxClients } = this.options;
    socket.on("error", () => {});
    if (this.sockets.size >= maxClients || (clients && !clients.includes(from))) {
      this.env.log.warn("a Modbus client was turned away", { from, connected: this.sockets.size });
      return void socket.destroy();
    }
    this.sockets.add(socket);
    this.counters.clients = this.sockets.size;
    socket.once("close", () => {
      this.sockets.delete(socket);
      this.counters.clients = this.sockets.size;
    });
    let kept: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      kept = kept.length === 0 ? bytes : Buffer.concat([kept, bytes]);
      kept = Buffer.from(this.frames(socket, kept, from));
      if (socket.writableLength > mostUnread) socket.destroy();
    });
  }

  /** Answers every complete frame; what is left over comes back. A stream that is not Modbus is closed: there is no way to find the next frame. */
  private frames(socket: Socket, bytes: Buffer, from: string): Buffer {
    const answers: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= headerLength) {
      const length = bytes.readUInt16BE(at + 4);
      if (bytes.readUInt16BE(at + 2) !== 0 || length < 2 || length > 254) {
        socket.destroy();
        return bytes.subarray(bytes.length);
      }
      if (bytes.length - at < 6 + length) break;
      answers.push(this.answer(bytes.subarray(at, at + 6 + length), from));
      at += 6 + length;
    }
    if (answers.length > 0) socket.write(Buffer.concat(answers));
    return bytes.subarray(at);
  }

  private answer(frame: Buffer, from: string): Buffer {
    this.counters.requests++;
    const pdu = frame.subarray(headerLength);
    const isForUs = this.options.unit === undefined || frame[6] === this.options.unit;
    // To another unit we answer as a gateway does when nobody is there.
    const answer = isForUs ? answerRequest(pdu, this.image, (writes) => this.take(writes, from)) : Buffer.from([pdu[0]! | 0x80, 11]);
    if (answer[0]! >= 0x80) this.counters.refused++;
    const header = Buffer.from(frame.subarray(0, headerLength));
    header.writeUInt16BE(answer.length + 1, 4);
    return Buffer.concat([header, answer]);
  }

  /** Each write stands for itself at the desk. The first refusal is the answer; what was taken before it stays taken. */
  private take(writes: readonly WantedWrite[], from: string): Refusal | undefined {
    const by: Principal = { name: `modbus-server:${this.options.id}`, kind: "program", role: "operator" };
    const { priority, ttlMs } = this.options;
    for (const { point, value } of writes) {
      const id = `modbus-${this.options.id}-${this.startedUs}-${++this.commands}`;
      const about = { priority, reason: `written over Modbus by ${from}`, asked: "point.write", ...(ttlMs !== undefined && { ttlMs }) };
      const verdict = this.desk!.submit({ id, act: { do: "set", point, value }, ...about }, by);
      if (verdict.status === "rejected") {
        this.env.log.warn("a Modbus write was refused", { point, from, code: verdict.code, message: verdict.message });
        return 4;
      }
      this.counters.writes++;
    }
    return undefined;
  }
}
