import { GatewayError, messageOf } from "#src/kit/errors.ts";

/** What a person should do about it, by what PostgreSQL or the operating system said. */
const known: Readonly<Record<string, readonly [code: ConstructorParameters<typeof GatewayError>[0], what: string]>> = {
  "28P01": ["not-authorised", "the database does not accept this password; check DATABASE_URL"],
  "28000": ["not-authorised", "the database does not let this user in; check DATABASE_URL and the server's pg_hba.conf"],
  "3D000": ["database-refused", "there is no database of that name on the server; create it, or correct DATABASE_URL"],
  "42501": ["database-refused", "the database user lacks a permission; make it the owner of the database"],
  "53100": ["disk-full", "the database server's disk is full; the journal keeps everything until there is room"],
  "53200": ["database-away", "the database server is out of memory"],
  "53300": ["database-away", "the database takes no more connections; raise max_connections or close some"],
  "57014": ["database-away", "the database gave up on a statement that took too long"],
  "57P01": ["database-away", "the database server is shutting down"],
  "57P02": ["database-away", "the database server crashed and is restarting"],
  "57P03": ["database-away", "the database server is starting up"],
  "25006": ["database-refused", "the database is read-only; this is a standby, not the primary"],
  "0A000": ["database-refused", "the database server is of a version or build that lacks something needed"],
  ECONNREFUSED: ["database-away", "nobody listens at the database's address"],
  ECONNRESET: ["database-away", "the connection to the database ended"],
  EPIPE: ["database-away", "the connection to the database ended"],
  ETIMEDOUT: ["database-away", "the database does not answer"],
  ENOTFOUND: ["database-away", "the database's host name is not known"],
  ENOENT: ["database-away", "the database's socket is not there"],
};

/** Any error of the database side as one with a code, saying what to do. The password in a URL never reaches a message. */
export function explain(error: unknown, doing: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = sqlState(error);
  const [kind, what] =
    known[code ?? ""] ??
    (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("08") ? ["database-refused", ""] : ["database-away", ""]);
  const said = messageOf(error) || code || "no reason given";
  return new GatewayError(kind as GatewayError["code"], `${doing}: ${what === "" ? said : `${what} (${said})`}`, { cause: error });
}

export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The rows themselves are at fault (a value out of range, text that is no text): trying again cannot help, others are fine. */
export function isPoison(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && /^(22|23|54)/.test(state);
}
