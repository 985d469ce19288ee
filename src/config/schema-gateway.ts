import { Type } from "#msgs/schema/type.ts";
import { Duration, Size } from "./duration.ts";

const roles = ["viewer", "operator", "engineer", "admin"] as const;

/** One of a few words. */
export function OneOf<const W extends readonly string[]>(words: W, options: { default?: W[number]; description?: string } = {}) {
  return Type.Unsafe<W[number]>({ type: "string", enum: [...words], ...options });
}

/** An id: lower case, so that it reads the same in URLs, topics and file names. */
export const idPattern = "^[a-z0-9][a-z0-9._-]*$";
export function Id(description: string) {
  return Type.String({ pattern: idPattern, maxLength: 120, expects: "an id of lower-case letters, digits, - _ and .", description });
}

const Areas = Type.Array(Type.String(), { description: "Areas this right is limited to. Absent: everywhere." });

const pem = { pattern: "-----BEGIN ", expects: "PEM text, usually as file:path/to/it.pem" };

export const ServerSection = Type.Object(
  {
    host: Type.String({ default: "127.0.0.1", description: "Address to listen on. Anything but loopback needs `tls` or `proxy: true`." }),
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 4000, description: "Port of HTTP and WebSocket; 0 lets the system choose." }),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.String({ ...pem, description: "Certificate chain." }),
          key: Type.String({ ...pem, description: "Private key." }),
        },
        { description: "Serve HTTPS and WSS." },
      ),
    ),
    proxy: Type.Boolean({ default: false, description: "A reverse proxy in front does TLS; its forwarded headers are believed." }),
    origins: Type.Array(Type.String(), {
      default: [],
      description:
        "Further browser origins that may open the socket, such as https://screens.example.org. The gateway's own is always allowed.",
    }),
  },
  { default: {}, description: "Where the gateway listens." },
);

export const AuthSection = Type.Object(
  {
    loopback: Type.Optional(
      OneOf(["viewer", "operator"], {
        description: "Role of whoever connects from this machine without signing in. For demos; absent, everyone signs in.",
      }),
    ),
    users: Type.Array(
      Type.Object({
        name: Type.String({ minLength: 1, description: "What the person signs in with and what the audit shows." }),
        role: OneOf(roles, { description: "What the person may do." }),
        passwordHash: Type.String({
          pattern: "^\\$?scrypt\\$",
          expects: "a hash as `plainview hash-password` prints it",
          description: "Never the password.",
        }),
        areas: Type.Optional(Areas),
      }),
      { default: [], description: "People known here." },
    ),
    apiKeys: Type.Array(
      Type.Object({
        name: Type.String({ minLength: 1, description: "The program this key is for." }),
        role: OneOf(roles, { description: "What the program may do." }),
        hash: Type.String({
          pattern: "^(\\$?scrypt\\$|sha256\\$[A-Za-z0-9_-]{43}$)",
          expects: "a hash as `plainview hash-password` prints it",
          description: "Never the key itself.",
        }),
        areas: Type.Optional(Areas),
      }),
      { default: [], description: "Programs known here." },
    ),
    oidc: Type.Array(
      Type.Object({
        issuer: Type.String({
          pattern: "^https?://",
          expects: "a URL",
          description: "Issuer whose tokens are accepted; keys are fetched from its JWKS.",
        }),
        audience: Type.String({ minLength: 1, description: "What `aud` must contain." }),
        roleClaim: Type.String({ default: "role", description: "Claim that names the role." }),
        roles: Type.Record(Type.String(), OneOf(roles), {
          default: {},
          description: "What the claim's values mean here; a claim that is one of our roles needs no entry.",
        }),
        areasClaim: Type.Optional(Type.String({ description: "Claim that lists areas. Absent: everywhere." })),
      }),
      { default: [], description: "OpenID Connect issuers." },
    ),
    sessionTtl: Duration({ default: "12h", description: "How long a sign-in lasts." }),
    sessionsPerUser: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: "Concurrent sessions of one user at most." }),
    lockout: Type.Object(
      {
        failures: Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 10,
          description: "Failed sign-ins in a row before a name is locked.",
        }),
        lasts: Duration({ default: "5m", description: "How long it stays locked." }),
      },
      { default: {}, description: "Against guessing." },
    ),
  },
  { default: {}, description: "Who may do what." },
);

export const DataSection = Type.Object(
  {
    folder: Type.String({
      default: "data",
      description: "Where journal, control state and the embedded database live; relative to the site file.",
    }),
  },
  { default: {}, description: "This gateway's own files." },
);

function Keep(fallback: string, description: string) {
  return Type.Union([Duration(), Type.Literal("forever")], {
    default: fallback,
    expects: "a duration such as 90d, or forever",
    description,
  });
}

export const StoreSection = Type.Object(
  {
    databaseUrl: Type.Optional(
      Type.String({
        pattern: "^postgres(ql)?://",
        expects: "a postgres:// URL",
        description: "TimescaleDB or PostgreSQL. Absent: the environment's DATABASE_URL, else an embedded PostgreSQL.",
      }),
    ),
    journal: Type.Object(
      {
        maxSize: Size({ default: "20GB", description: "Beyond this the oldest segments go, what the database lacks as a declared gap." }),
        maxAge: Duration({ default: "14d", description: "So do segments that are older than this." }),
        keep: Duration({
          default: "72h",
          description: "Segments that the database has are kept this long after all, for replay and a restored backup.",
        }),
      },
      { default: {}, description: "The durable record in front of the database." },
    ),
    retention: Type.Object(
      {
        samples: Keep("90d", "Raw samples in the database are kept this long."),
        recording: Keep("30d", "What replay reads is kept this long."),
        rollups: Keep("730d", "Rollups, for long trends, are kept this long."),
      },
      { default: {}, description: "What the database drops, and when." },
    ),
  },
  { default: {}, description: "Journal and database." },
);

const levels = ["debug", "info", "warn", "error"] as const;

export const LogSection = Type.Object(
  {
    level: OneOf(levels, { default: "info", description: "What is worth a line." }),
    areas: Type.Record(Type.String(), OneOf(levels), { default: {}, description: "Other levels for some areas: `{ modbus: debug }`." }),
  },
  { default: {}, description: "Logging." },
);

export const CommandsSection = Type.Object(
  {
    defaultTtl: Duration({ default: "8h", description: "How long a manual override lives when neither the command nor the point says." }),
    reservedPriorities: Type.Array(Type.Integer({ minimum: 1, maximum: 16 }), {
      default: [1, 2, 5, 6],
      description: "Slots nobody may write: life safety, critical equipment, minimum on/off.",
    }),
    writeTimeout: Duration({ default: "10s", description: "A device that has not answered a write by then may or may not have it." }),
    heldFor: Duration({ default: "5m", description: "How long a critical command waits for its second person." }),
    select: OneOf(["never", "critical"], {
      default: "never",
      description: "Whether critical points must be selected before they are commanded.",
    }),
    safeState: Type.Array(
      Type.Object({
        point: Type.String({ description: "A writable point." }),
        value: Type.Union([Type.Number(), Type.Boolean(), Type.String()], {
          expects: "a number, true, false or text",
          description: "Its safe value.",
        }),
      }),
      { default: [], description: "Writes that pass even when nothing can be recorded any more." },
    ),
  },
  { default: {}, description: "Commands in general." },
);

export const ExposeEntry = Type.Object(
  {
    id: Id("Name of this server side."),
    protocol: Type.String({ minLength: 1, description: "What it speaks: modbus or bacnet." }),
  },
  { additionalProperties: true, description: "A server side: shows points to other systems. Further settings are the protocol's own." },
);
