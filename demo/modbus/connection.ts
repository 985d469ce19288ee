import type { Socket } from "node:net";
import { answer, exceptions, pduLimit, refuse } from "./answer.ts";
import type { ModbusUnit } from "./unit.ts";

/** Bytes waiting for a client that does not read; past this the server stops reading from it. */
const unreadLimit = 1 << 20;
/** Answers a slow unit may owe; past this further requests to it are dropped and counted. */
const owedLimit = 1000;
const headerBytes = 7;

export interface ServerCounters {
  connections: number;
  requests: number;
  answers: number;
  exceptions: number;
  dropped: number;
  malformed: number;
}

/** Serves one client: cuts frames out of the stream, pipelined as they come, and puts the answers into one write. */
export class ModbusConnection {
  readonly #socket: Socket;
  readonly #units: ReadonlyMap<number, ModbusUnit>;
  readonly #counters: ServerCounters;
  /** The beginning of a frame whose end has not come yet. */
  #rest: Buffer | null = null;
  #owed = 0;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When a slow unit's last owed answer leaves, so that its answers stay in order. */
  readonly #lateUntil = new Map<number, number>();

  constructor(socket: Socket, units: ReadonlyMap<number, ModbusUnit>, counters: ServerCounters) {
    this.#socket = socket;
    this.#units = units;
    this.#counters = counters;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => socket.resume());
    // A client that resets its connection is the world's ordinary business; "close" follows.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#forget());
  }

  #forget(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    // Requests are at least eight bytes long, answers at most 260.
    const out = Buffer.allocUnsafe(Math.min(64, Math.ceil(bytes.length / 8) + 1) * (headerBytes + pduLimit));
    let filled = 0;
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const length = bytes.readUInt16BE(at + 4);
      if (bytes.readUInt16BE(at + 2) !== 0 || length < 2 || length > pduLimit + 1) return this.#giveUp(out, filled);
      if (bytes.length - at < 6 + length) break;
      filled += this.#serve(bytes, at, length, out, filled);
      at += 6 + length;
      if (out.length - filled < headerBytes + pduLimit) {
        this.#send(Buffer.from(out.subarray(0, filled)));
        filled = 0;
      }
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
    if (filled > 0) this.#send(out.subarray(0, filled));
  }

  /** Once the stream is not Modbus any more nothing after it can be trusted, so the connection ends. */
  #giveUp(out: Buffer, filled: number): void {
    this.#counters.malformed++;
    if (filled > 0) this.#send(out.subarray(0, filled));
    this.#socket.destroy();
  }

  /** Answers the frame at `at` into `out`; 0 when nothing goes out now. */
  #serve(bytes: Buffer, at: number, length: number, out: Buffer, filled: number): number {
    this.#counters.requests++;
    const unitId = bytes[at + 6] ?? 0;
    const functionCode = bytes[at + 7] ?? 0;
    const unit = this.#units.get(unitId);
    const disturbance = unit?.disturbance() ?? null;
    if (disturbance?.drop === true) return this.#drop();
    const pdu = filled + headerBytes;
    let size: number;
    if (unit === undefined) size = refuse(functionCode, exceptions.gatewayNoResponse, out, pdu);
    else if (disturbance?.exception !== undefined) size = refuse(functionCode, disturbance.exception, out, pdu);
    else size = answer(unit, bytes, at + headerBytes, length - 1, out, pdu);
    if ((out[pdu] ?? 0) & 0x80) this.#counters.exceptions++;
    bytes.copy(out, filled, at, at + 4);
    out.writeUInt16BE(size + 1, filled + 4);
    out[filled + 6] = unitId;
    if (disturbance !== null) return this.#disturbed(unitId, disturbance.delayMs ?? 0, disturbance.mangle, out, filled, size);
    this.#counters.answers++;
    return headerBytes + size;
  }

  #disturbed(
    unitId: number,
    delayMs: number,
    mangle: ((frame: Buffer) => Buffer) | undefined,
    out: Buffer,
    filled: number,
    size: number,
  ): number {
    const frame = Buffer.from(out.subarray(filled, filled + headerBytes + size));
    const sent = mangle === undefined ? frame : mangle(frame);
    if (this.#owed >= owedLimit) return this.#drop();
    const now = performance.now();
    const due = Math.max(now + delayMs, this.#lateUntil.get(unitId) ?? 0);
    this.#lateUntil.set(unitId, due);
    this.#owed++;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#owed--;
      this.#counters.answers++;
      this.#send(sent);
    }, due - now);
    this.#timers.add(timer);
    return 0;
  }

  #drop(): number {
    this.#counters.dropped++;
    return 0;
  }

  #send(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > unreadLimit) this.#socket.pause();
  }
}
