import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { ModbusMemory } from "./modbus-memory.ts";

export type Misbehaviour = "well" | "frozen" | "garbage" | { readonly slowMs: number };

/** A raw-socket Modbus server that can misbehave in every way we could think of. */
export class ModbusPeer {
  readonly units = new Map<number, ModbusMemory>();
  /** Units that are behind this gateway and never answer. */
  readonly dead = new Set<number>();
  /** Bytes put in front of every answer. */
  noise: () => Buffer = () => Buffer.alloc(0);
  /** What becomes of an answer's frame on its way out. */
  spoil: (frame: Buffer) => Buffer = (frame) => frame;
  connections = 0;
  private readonly framing: "tcp" | "rtu";
  private readonly sockets = new Set<Socket>();
  private how: Misbehaviour = "well";
  private server: Server | undefined;
  private boundPort = 0;

  private constructor(framing: "tcp" | "rtu") {
    this.framing = framing;
  }

  static async start(framing: "tcp" | "rtu" = "tcp"): Promise<ModbusPeer> {
    const peer = new ModbusPeer(framing);
    await peer.comeBack();
    return peer;
  }

  get port(): number {
    return this.boundPort;
  }

  unit(id: number): ModbusMemory {
    let memory = this.units.get(id);
    if (!memory) this.units.set(id, (memory = new ModbusMemory()));
    return memory;
  }

  behave(how: Misbehaviour): void {
    this.how = how;
  }

  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.sockets.clear();
  }

  async leave(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.cut();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async comeBack(): Promise<void> {
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
    this.server.listen(this.boundPort, "127.0.0.1");
    await once(this.server, "listening");
    this.boundPort = (this.server.address() as { port: number }).port;
  }

  close(): Promise<void> {
    return this.leave();
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    let kept: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      kept = Buffer.concat([kept, bytes]);
      for (;;) {
        const length = this.framing === "tcp" ? tcpLength(kept) : rtuLength(kept);
        if (length === 0 || kept.length < length) return;
        this.request(socket, kept.subarray(0, length));
        kept = kept.subarray(length);
      }
    });
  }

  private request(socket: Socket, frame: Buffer): void {
    const { how } = this;
    if (how === "frozen") return;
    if (how === "garbage")
      return void socket.write(Buffer.from(Array.from({ length: 40 }, (_, index) => (index * 37 + frame[1]! * 11) & 0xff)));
    const isTcp = this.framing === "tcp";
    const unit = frame[isTcp ? 6 : 0]!;
    const memory = this.units.get(unit);
    if (!memory || this.dead.has(unit)) return;
    const pdu = memory.answer(isTcp ? frame.subarray(7) : frame.subarray(1, frame.length - 2));
    const answer = isTcp ? tcpFrame(frame, pdu) : rtuFrame(unit, pdu);
    const send = () => void (socket.destroyed || socket.write(Buffer.concat([this.noise(), this.spoil(answer)])));
    if (how === "well") send();
    else setTimeout(send, how.slowMs);
  }
}

function tcpLength(bytes: Buffer): number {
  return bytes.length < 6 ? 0 : 6 + bytes.readUInt16BE(4);
}

function tcpFrame(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.from(request.subarray(0, 7));
  header.writeUInt16BE(pdu.length + 1, 4);
  return Buffer.concat([header, pdu]);
}

function rtuLength(bytes: Buffer): number {
  const code = bytes[1];
  if (code === undefined) return 0;
  if (code <= 6) return 8;
  if (code === 15 || code === 16) return bytes.length < 7 ? 0 : 9 + bytes[6]!;
  if (code === 22) return 10;
  if (code === 23) return bytes.length < 11 ? 0 : 13 + bytes[10]!;
  return 7;
}

function rtuFrame(unit: number, pdu: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([unit]), pdu]);
  return Buffer.concat([body, crcTable(body)]);
}

/** The table-driven form, where the adapter computes bit by bit. */
function crcTable(bytes: Buffer): Buffer {
  const table = Array.from({ length: 256 }, (_, start) => {
    let value = start;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1;
    return value;
  });
  const sum = bytes.reduce((crc, byte) => (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!, 0xffff);
  return Buffer.from([sum & 0xff, sum >> 8]);
}
