import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { MqttClient, type IClientOptions } from "mqtt";
import { writeToStream } from "mqtt-packet";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel, Timers } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Link } from "./config.ts";
import type { Incoming } from "./device.ts";
import { dialErrorOf } from "./refusals.ts";
import { Session } from "./session.ts";

/** One attempt, up to the broker's welcome. Messages may come before this resolves: a kept session does not wait. */
export function dial(
  link: Link,
  clientId: string,
  env: AdapterEnv,
  signal: AbortSignal,
  receive: (message: Incoming) => void,
): Promise<Session> {
  const port = link.port ?? (link.tls ? 8883 : 1883);
  const where = `${link.host}:${port}`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(givenUp(signal, `dialling ${where}`));
    // Else the library makes a buffer for each of 65,536 numbers with its first packet: ten megabytes, so as not to make one now and then.
    writeToStream.cacheNumbers = false;
    const client = new MqttClient(() => openSocket(link, port), optionsOf(link, clientId, env.timers));
    const settle = () => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      client.off("error", onError);
      client.off("close", onClose);
    };
    const fail = (error: GatewayError) => {
      settle();
      // What the library still has to say about a link that is given up interests nobody.
      client.on("error", () => {});
      client.stream.on("error", () => {});
      client.stream.destroy();
      reject(error);
    };
    const onAbort = () => fail(givenUp(signal, `dialling ${where}`));
    const onError = (error: Error) => fail(dialErrorOf(error, where));
    const onClose = () => fail(new GatewayError("connect-refused", `${where} closed the door without a word`));
    const cancel = env.timers.after(link.connectTimeoutMs, () =>
      fail(new GatewayError("connect-timeout", `${where} did not answer within ${link.connectTimeoutMs} ms`)),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("error", onError);
    client.on("close", onClose);
    const options = { where, timeoutMs: link.timeoutMs, isKept: link.session === "kept" };
    const session = new Session(client, env, options, receive);
    client.once("connect", ({ sessionPresent }) => {
      settle();
      session.isSessionPresent = sessionPresent;
      resolve(session);
    });
  });
}

function openSocket(link: Link, port: number): Socket {
  const socket = link.tls
    ? connectTls({
        host: link.host,
        port,
        servername: /^[\d.]+$|:/.test(link.host) ? "" : link.host,
        ...(link.ca && { ca: link.ca }),
        ...(link.certificate && { cert: link.certificate }),
        ...(link.key && { key: link.key }),
      })
    : connectSocket({ host: link.host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 10_000);
  return socket;
}

function optionsOf(link: Link, clientId: string, timers: Timers): IClientOptions {
  const isKept = link.session === "kept";
  return {
    protocolId: "MQTT",
    protocolVersion: link.version === "5" ? 5 : 4,
    clientId,
    clean: !isKept,
    keepalive: link.keepAliveSeconds,
    // The host decides when to try again, and what is under way when a link dies is not sent a second time.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Ours runs first and tells in words; theirs only guards against a mistake.
    connectTimeout: link.connectTimeoutMs + 1000,
    timerVariant: timerOn(timers),
    ...(link.username !== undefined && { username: link.username }),
    ...(link.password !== undefined && { password: link.password }),
    ...(link.version === "5" && {
      properties: {
        receiveMaximum: link.inFlight,
        sessionExpiryInterval: isKept ? link.sessionExpirySeconds : 0,
        maximumPacketSize: link.maxMessageBytes + 70_000,
      },
    }),
  };
}

/** The library's keep-alive on the timers we were given. */
function timerOn(timers: Timers): NonNullable<IClientOptions["timerVariant"]> {
  const running = new Map<number, Cancel>();
  let last = 0;
  return {
    set(run, ms = 0) {
      running.set(++last, timers.every(ms, run as () => void));
      return last;
    },
    clear(id) {
      running.get(id as number)?.();
      running.delete(id as number);
    },
  };
}
