import { pino, type DestinationStream, type Logger } from "pino";
import type { Log } from "#src/kit/log.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface LogOptions {
  readonly level: Level;
  /** Levels of single areas, by name; "modbus" also holds for "modbus.north". */
  readonly areas?: Readonly<Record<string, Level>>;
  /** For people at a terminal; otherwise one JSON object a line. */
  readonly pretty?: boolean;
  /** Texts that must never come out, such as resolved secrets of the site file. */
  readonly secrets?: readonly string[];
  readonly to?: DestinationStream;
}

/** Fields with these names are never written, wherever they stand up to three levels deep. */
const hidden = ["password", "passwordHash", "token", "secret", "key", "hash", "authorization", "cookie", "apiKey", "databaseUrl"];
const redacted = "[redacted]";
/** A secret shorter than this would black out ordinary text. */
const secretMin = 6;

/** Pino behind the gateway's own Log. */
export function openLog(options: LogOptions): Log {
  const paths = hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const secrets = (options.secrets ?? []).filter((secret) => secret.length >= secretMin);
  const destination = options.pretty ? prettyTo(options.to ?? process.stderr) : (options.to ?? pino.destination({ dest: 2, sync: true }));
  const root = pino(
    {
      level: "debug",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: redacted },
      ...(secrets.length > 0 && {
        hooks: { streamWrite: (line: string) => secrets.reduce((text, secret) => text.replaceAll(jsonText(secret), redacted), line) },
      }),
    },
    destination,
  );
  return areaLog(root, "", options);
}

function areaLog(root: Logger, area: string, options: LogOptions): Log {
  const logger = root.child(area === "" ? {} : { area }, { level: levelOf(area, options) });
  const write =
    (level: Level) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      fields ? logger[level](fields, message) : logger[level](message);
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    area: (name) => areaLog(root, area === "" ? name : `${area}.${name}`, options),
  };
}

/** The longest name that this area is, or stands under. */
function levelOf(area: string, { level, areas = {} }: LogOptions): Level {
  const named = Object.keys(areas).filter(
    (name) => area === name || area.startsWith(`${name}.`) || area.endsWith(`.${name}`) || area.includes(`.${name}.`),
  );
  const longest = named.sort((a, b) => b.length - a.length)[0];
  return (longest === undefined ? undefined : areas[longest]) ?? level;
}

function prettyTo(to: { write(text: string): unknown }): DestinationStream {
  return {
    write(line: string) {
      const { time = "", level = "", area, msg = "", ...fields } = JSON.parse(line) as Record<string, string>;
      const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
      to.write(`${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${area === undefined ? "" : `${area}: `}${msg}${rest}\n`);
    },
  };
}

/** As the secret stands inside a JSON text. */
function jsonText(secret: string): string {
  return JSON.stringify(secret).slice(1, -1);
}
