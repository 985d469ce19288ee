/** What code that has something to say is given. Levels and areas are set by the composition root. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same log, naming a smaller area: `log.area("modbus")`. */
  area(name: string): Log;
}

/** Says nothing: for tests and for parts that have nobody listening. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  area: () => silentLog,
};
