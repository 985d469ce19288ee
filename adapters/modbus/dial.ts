import { connect as connectSocket, type Socket } from "node:net";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import { dialCodeOf } from "../kit/dial-code.ts";
import type { Link } from "./config.ts";
import { openSerial } from "./serial.ts";

/** An open way to carry bytes, whatever it is made of. */
export interface ByteStream {
  /** Called once. `onBytes` must be done with the buffer when it returns; `onEnd` is called once when the stream is gone by itself. */
  start(onBytes: (bytes: Buffer, length: number) => void, onEnd: (error: GatewayError) => void): void;
  write(bytes: Buffer): void;
  /** No `onEnd` after this; may be called again. */
  close(): void;
}

/** One attempt to open the link. */
export function dial(link: Link, env: AdapterEnv, signal: AbortSignal): Promise<ByteStream> {
  return link.transport === "serial" ? openSerial(link, signal) : openSocket(link, env, signal);
}

function openSocket(link: Link, env: AdapterEnv, signal: AbortSignal): Promise<ByteStream> {
  const where = `${link.host}:${link.port}`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(givenUp(signal, `dialling ${where}`));
    let onBytes: (bytes: Buffer, length: number) => void = () => {};
    const socket = connectSocket({
      host: link.host!,
      port: link.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
      // One buffer for the life of the link: what comes in is decoded before the next read.
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (length, bytes) => {
          onBytes(bytes as Buffer, length);
          return true;
        },
      },
    });
    const fail = (error: GatewayError) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(givenUp(signal, `dialling ${where}`));
    const onError = (cause: Error) => fail(dialError(cause, where));
    const cancel = env.timers.after(link.connectTimeoutMs, () =>
      fail(new GatewayError("connect-timeout", `${where} did not answer within ${link.connectTimeoutMs} ms`)),
    );
    const settle = () => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.on("error", () => {});
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      settle();
      resolve(streamOf(socket, where, (listener) => (onBytes = listener)));
    });
  });
}

function streamOf(socket: Socket, where: string, listen: (listener: (bytes: Buffer, length: number) => void) => void): ByteStream {
  let isClosed = false;
  return {
    start(onBytes, onEnd) {
      listen(onBytes);
      let cause: Error | undefined;
      socket.on("error", (error) => (cause = error));
      socket.once("close", () => {
        if (isClosed) return;
        isClosed = true;
        onEnd(new GatewayError("link-lost", `${where} closed the connection${cause ? `: ${cause.message}` : ""}`, { cause }));
      });
      // Without this the end of the stream would never be noticed.
      socket.resume();
      if (socket.destroyed && !isClosed) {
        isClosed = true;
        queueMicrotask(() => onEnd(new GatewayError("link-lost", `${where} closed the connection`)));
      }
    },
    write: (bytes) => void socket.write(bytes),
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
}

function dialError(cause: Error, where: string): GatewayError {
  const code = dialCodeOf(cause) ?? "connect-refused";
  return new GatewayError(code, `could not open ${where}: ${messageOf(cause)}`, { cause });
}
