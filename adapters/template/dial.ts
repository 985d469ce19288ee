import { connect, type Socket } from "node:net";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Link } from "./index.ts";

/** One attempt to open the socket; every way it can end leaves neither a timer nor a listener behind. */
export function dialLine(link: Link, env: AdapterEnv, signal: AbortSignal): Promise<Socket> {
  const where = `${link.host}:${link.port}`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(givenUp(signal, `dialling ${where}`));
    const socket = connect({ host: link.host, port: link.port, noDelay: true, keepAlive: true });
    const settle = () => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      // From here on an error is told by "close".
      socket.on("error", () => {});
    };
    const fail = (error: GatewayError) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(givenUp(signal, `dialling ${where}`));
    const onError = (cause: Error) => fail(new GatewayError("connect-refused", `could not open ${where}: ${messageOf(cause)}`, { cause }));
    const cancel = env.timers.after(link.connectTimeoutMs, () =>
      fail(new GatewayError("connect-timeout", `${where} did not answer within ${link.connectTimeoutMs} ms`)),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}
