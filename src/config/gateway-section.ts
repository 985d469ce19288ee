import type { Static } from "#msgs/schema/type.ts";
import { durationMs, sizeBytes } from "./duration.ts";
import type { Reading } from "./reading.ts";
import { AuthSection, CommandsSection, DataSection, LogSection, ServerSection, StoreSection } from "./schema-gateway.ts";
import { SiteRest } from "./schema.ts";
import type { Site, SiteAuth, SiteCommands, SiteServer, SiteStore } from "./site.ts";

export type GatewayPart = Pick<Site, "name" | "timeZone" | "server" | "auth" | "data" | "store" | "log" | "commands">;

/** The gateway's own settings, or undefined when some are unusable; what is wrong is reported either way. */
export function readGateway(reading: Reading, env: Readonly<Record<string, string | undefined>>): GatewayPart | undefined {
  const site = readName(reading);
  const server = reading.section("server", ServerSection);
  const auth = readAuth(reading);
  const data = reading.section("data", DataSection);
  const store = readStore(reading, env);
  const log = reading.section("log", LogSection);
  const commands = reading.section("commands", CommandsSection);
  if (server) checkDoor(reading, server, auth);
  if (!site || !server || !auth || !data || !store || !log || !commands) return undefined;
  return { ...site, server, auth, data, store, log, commands: commandsOf(commands) };
}

function readName(reading: Reading): { name: string; timeZone: string } | undefined {
  if (reading.root["site"] === undefined || reading.root["site"] === null) {
    reading.problem(["site"], 'is missing; every site file begins with "site:" and a name');
    return undefined;
  }
  const site = reading.section("site", SiteRest.properties.site);
  if (site && !isTimeZone(site.timeZone)) {
    reading.problem(["site", "timeZone"], `"${site.timeZone}" is not a time zone; write an IANA name such as Europe/Vienna or UTC`);
  }
  return site;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function readAuth(reading: Reading): SiteAuth | undefined {
  const auth = reading.section("auth", AuthSection);
  if (!auth) return undefined;
  for (const list of ["users", "apiKeys"] as const) {
    const seen = new Set<string>();
    auth[list].forEach(({ name }, index) => {
      if (seen.has(name)) reading.problem(["auth", list, index, "name"], `there is already one called "${name}"`);
      seen.add(name);
    });
  }
  const { sessionTtl, lockout, ...rest } = auth;
  return { ...rest, sessionTtlMs: durationMs(sessionTtl), lockout: { failures: lockout.failures, lastsMs: durationMs(lockout.lasts) } };
}

/** Who can reach the gateway, and whether that is safe with the rights it gives. */
function checkDoor(reading: Reading, server: SiteServer, auth: SiteAuth | undefined): void {
  if (!isLoopback(server.host) && !server.tls && !server.proxy) {
    reading.problem(
      ["server", "host"],
      `listening on ${server.host} lets others on the network in unencrypted; add server.tls, or server.proxy: true when a reverse proxy does TLS, or listen on 127.0.0.1`,
    );
  }
  if (server.proxy && auth?.loopback !== undefined) {
    reading.problem(
      ["auth", "loopback"],
      "cannot be used with server.proxy: behind a proxy everyone seems to come from this machine; remove one of the two",
    );
  }
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function readStore(reading: Reading, env: Readonly<Record<string, string | undefined>>): SiteStore | undefined {
  const store = reading.section("store", StoreSection);
  if (!store) return undefined;
  const databaseUrl = store.databaseUrl ?? (env["DATABASE_URL"] || undefined);
  const { samples, rollups, recording } = store.retention;
  return {
    ...(databaseUrl !== undefined && { databaseUrl }),
    journal: {
      maxBytes: sizeBytes(store.journal.maxSize),
      maxAgeMs: durationMs(store.journal.maxAge),
      keepMs: durationMs(store.journal.keep),
    },
    retention: { ...kept("samplesMs", samples), ...kept("recordingMs", recording), ...kept("rollupsMs", rollups) },
  };
}

function kept<Name extends string>(name: Name, written: string): Partial<Record<Name, number>> {
  return written === "forever" ? {} : ({ [name]: durationMs(written) } as Record<Name, number>);
}

function commandsOf(commands: Static<typeof CommandsSection>): SiteCommands {
  const { defaultTtl, writeTimeout, heldFor, select, ...rest } = commands;
  return {
    ...rest,
    defaultTtlMs: durationMs(defaultTtl),
    writeTimeoutMs: durationMs(writeTimeout),
    heldMs: durationMs(heldFor),
    selectRequired: select,
  };
}
