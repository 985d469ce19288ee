import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Link } from "./config.ts";
import type { ByteStream } from "./dial.ts";

/**
 * A serial port of this machine. The package that opens it carries a native part that not every machine has, so it is loaded
 * when a serial link is dialled and not before.
 */
export async function openSerial(link: Link, signal: AbortSignal): Promise<ByteStream> {
  const { SerialPort } = await loadSerialPort();
  const path = link.path ?? "";
  const { baudRate, parity, dataBits, stopBits } = link;
  const port = new SerialPort({ path, baudRate, parity, dataBits: dataBits as 7 | 8, stopBits: stopBits as 1 | 2, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(openError(error, path)) : resolve()));
  });
  if (signal.aborted) {
    port.close(() => {});
    throw givenUp(signal, `opening ${path}`);
  }
  return streamOf(port, path);
}

/** Characters of eleven bits, three and a half of them; from 19200 on the standard fixes 1.75 ms. */
export function silenceMs(baudRate: number): number {
  return baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate;
}

type Port = InstanceType<Awaited<ReturnType<typeof loadSerialPort>>["SerialPort"]>;

async function loadSerialPort() {
  try {
    return await import("serialport");
  } catch (cause) {
    throw new GatewayError("not-supported", "serial ports cannot be used here: the package serialport is not installed for this machine", {
      cause,
    });
  }
}

function streamOf(port: Port, path: string): ByteStream {
  let isClosed = false;
  return {
    start(onBytes, onEnd) {
      let cause: Error | undefined;
      const gone = () => {
        if (isClosed) return;
        isClosed = true;
        onEnd(new GatewayError("link-lost", `${path} went away${cause ? `: ${cause.message}` : ""}`, { cause }));
      };
      port.on("data", (bytes: Buffer) => onBytes(bytes, bytes.length));
      port.on("error", (error: Error) => {
        cause = error;
        gone();
      });
      port.on("close", gone);
    },
    write: (bytes) => void port.write(bytes),
    close() {
      if (isClosed) return;
      isClosed = true;
      port.removeAllListeners("data");
      port.close(() => {});
    },
  };
}

function openError(cause: Error, path: string): GatewayError {
  const words = messageOf(cause);
  const denied = /permission|access denied/i.test(words);
  return new GatewayError(denied ? "no-permission" : "connect-refused", `could not open ${path}: ${words}`, { cause });
}
