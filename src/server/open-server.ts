import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import { openApp, type App } from "./app.ts";
import { openAuth } from "./auth/auth.ts";
import { openCallers } from "./auth/caller.ts";
import { refusalToListen } from "./auth/listening.ts";
import { commandLog } from "./command-log.ts";
import { machineTime, type EdgeTime } from "./edge-time.ts";
import { openMetrics } from "./metrics.ts";
import { openMissionDesk } from "./missions.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { commandRoutes } from "./routes/commands.ts";
import { documentRoutes, notedRoutes } from "./routes/documents.ts";
import { eventRoutes } from "./routes/events.ts";
import type { Gear } from "./routes/gear.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { missionRoutes } from "./routes/missions.ts";
import { plantRoutes } from "./routes/plant.ts";
import { recordRoutes } from "./routes/record.ts";
import { ros2Routes } from "./routes/ros2.ts";
import { screenRoutes } from "./routes/screen.ts";
import { siteRoutes } from "./routes/site.ts";
import type { Server, ServerOptions, Services } from "./services.ts";
import { openControlSocket, type ControlSocket } from "./session/control-socket.ts";
import { frameParser } from "./session/frames.ts";
import { openHub } from "./session/hub.ts";
import { standardLimits } from "./session/limits.ts";
import { openTracing } from "./tracing.ts";
import { openWrites } from "./writes.ts";

/** Serves HTTP and the control channel. Rejects with a GatewayError when it may not or cannot listen. */
export async function openServer(services: Services, options: ServerOptions, log: Log, time: EdgeTime = machineTime()): Promise<Server> {
  const { app, close } = await buildServer(services, options, log, time);
  const { host, port } = options.server;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await close();
    throw listenError(error, host, port);
  }
  const bound = (app.server.address() as AddressInfo).port;
  const shown = host.includes(":") ? `[${host}]` : host;
  const url = `${options.server.tls ? "https" : "http"}://${shown}:${bound}`;
  if (options.auth.loopback !== undefined) {
    log.warn(`connections from this machine need no sign-in and act as ${options.auth.loopback} (auth.loopback); not for production`);
  }
  return { url, port: bound, close };
}

/** The server put together and not yet listening: what tests look into. */
export async function buildServer(
  services: Services,
  options: ServerOptions,
  log: Log,
  time: EdgeTime,
): Promise<{ app: App; gear: Gear; close(): Promise<void> }> {
  const refusal = refusalToListen(options.server, options.auth);
  if (refusal) throw new GatewayError("not-authorised", refusal.message);
  const limits = { ...standardLimits, ...options.limits };
  const auth = openAuth({
    config: options.auth,
    store: options.authStore,
    time,
    log: log.area("auth"),
    audit: services.audit,
    ...(options.showFirstToken && { showFirstToken: options.showFirstToken }),
  });
  const callers = openCallers(auth, options.auth, options.server);
  const commands = commandLog(services.commandAskedAt);
  const hub = openHub(services, commands, time);
  const writes = openWrites(services, await openTracing());
  const missions = openMissionDesk(services);
  const opened: { socket?: ControlSocket } = {};
  const sessions = (): ControlSocket["sessions"] => opened.socket?.sessions ?? new Set();
  const metrics = openMetrics(services, commands, sessions);
  const gear: Gear = { services, options, auth, callers, commands, writes, missions, hub, metrics, limits, time, log, sessions };

  const app = await openApp({ server: options.server, callers, limits, log: log.area("http"), audit: services.audit, time });
  addRoutes(app, gear);
  opened.socket = openControlSocket(app.server, callers, {
    services,
    auth,
    writes,
    missions,
    hub,
    parse: frameParser(limits),
    limits,
    time,
    log: log.area("socket"),
  });
  const closeAll = async (): Promise<void> => {
    await opened.socket?.close();
    hub.close();
    metrics.close();
    await app.close();
  };
  let closing: Promise<void> | undefined;
  return { app, gear, close: () => (closing ??= closeAll()) };
}

function addRoutes(app: App, gear: Gear): void {
  const noted = notedRoutes(app);
  healthRoutes(app, gear);
  plantRoutes(app, gear);
  historyRoutes(app, gear);
  recordRoutes(app, gear);
  commandRoutes(app, gear);
  siteRoutes(app, gear);
  alarmRoutes(app);
  missionRoutes(app, gear);
  ros2Routes(app, gear);
  eventRoutes(app, gear);
  accountRoutes(app, gear);
  documentRoutes(app, gear.services.site, noted);
  const folder = gear.options.dashboardFolder;
  if (folder !== undefined && existsSync(folder)) screenRoutes(app, folder);
}

/** Whether this address can be had, before anything slow is begun; rejects as listening would. */
export async function tryToListen({ host, port }: ServerOptions["server"]): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    await once(probe.listen({ host, port }), "listening");
  } catch (error) {
    throw listenError(error, host, port);
  }
  probe.close();
  await once(probe, "close");
}

function listenError(error: unknown, host: string, port: number): GatewayError {
  const { code } = error as { code?: string };
  const where = `${host}:${port}`;
  if (code === "EADDRINUSE") {
    return new GatewayError("port-in-use", `${where} is in use by another program; stop it or give server.port another number`, {
      cause: error,
    });
  }
  if (code === "EACCES")
    return new GatewayError("no-permission", `this user may not listen on ${where}; take a port above 1023`, { cause: error });
  if (code === "EADDRNOTAVAIL") return new GatewayError("no-permission", `${host} is not an address of this machine`, { cause: error });
  return new GatewayError("no-permission", `cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
}
