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

type Settings = Pick<LogOptions, "level" | "areas" | "secrets">;

/** A log whose levels and secrets can be changed while it is written to. */
export interface SiteLog extends Log {
  change(settings: Settings): void;
}

/** Pino behind the gateway's own Log. */
export function openLog(options: LogOptions): SiteLog {
  const now = { settings: options as Settings, secrets: usable(options.secrets) };
  const paths = hidden.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const destination = options.pretty ? prettyTo(options.to ?? process.stderr) : (options.to ?? pino.destination({ dest: 2, sync: true }));
  const root = pino(
    {
      level: "debug",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: redacted },
      hooks: { streamWrite: (line: string) => now.secrets.reduce((text, secret) => text.replaceAll(secret, redacted), line) },
    },
    destination,
  );
  return {
    ...areaLog(root, "", () => now.settings),
    change(settings) {
      now.settings = settings;
      now.secrets = usable(settings.secrets);
    },
  };
}

/** As secrets stand inside a JSON text. */
function usable(secrets: readonly string[] = []): readonly string[] {
  return secrets.filter((secret) => secret.length >= secretMin).map((secret) => JSON.stringify(secret).slice(1, -1));
}

const ranks: { readonly [L in Level]: number } = { debug: 0, info: 1, warn: 2, error: 3 };

function areaLog(root: Logger, area: string, settings: () => Settings): Log {
  const logger = root.child(area === "" ? {} : { area });
  let known: { readonly settings: Settings; readonly rank: number } | undefined;
  const lowest = (): number => {
    const now = settings();
    if (known?.settings !== now) known = { settings: now, rank: ranks[levelOf(area, now)] };
    return known.rank;
  };
  const write =
    (level: Level) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (ranks[level] < lowest()) return;
      if (fields) logger[level](fields, message);
      else logger[level](message);
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    area: (name) => areaLog(root, area === "" ? name : `${area}.${name}`, settings),
  };
}

/** The longest name that this area is, or stands under. */
function levelOf(area: string, { level, areas = {} }: Settings): Level {
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
